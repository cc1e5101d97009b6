<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Bridge\Symfony\RequestStackState;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Fibers;
use Ferry\Tests\Symfony\Security\SecuredServer;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\Routing\Generator\UrlGeneratorInterface;
use Symfony\Component\Routing\RequestContext;

/**
 * Handlers that wait, with a real SecurityBundle.
 */
final class FiberTest extends TestCase
{
    use SecuredServer;

    protected function tearDown(): void
    {
        $this->kernel?->shutdown();
    }

    public function testInterleavedHandlersHaveTheirOwnUserBeforeAndAfterTheyWait(): void
    {
        $this->boot(['firewall' => 'api']);
        $fibers = new Fibers($this->dispatcher()->fiberContext());
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $root = $this->open(new FakeHandshake('/chat', token: 'for-root'));
        $dispatcher = $this->dispatcher();
        $wait = static fn (FakeConnection $connection): \Fiber => $fibers->start(static fn () => $dispatcher->onMessage($connection, '{"type":"wait"}', false));

        $first = $wait($alice);
        self::assertNull($this->tokens()->getToken(), 'between');
        $second = $wait($root);
        self::assertSame('alice', json_decode((string) json_encode($this->ask($this->open(new FakeHandshake('/chat', token: 'for-alice')), 'who')), true)['user'] ?? null, 'meanwhile');
        $fibers->resume($first);
        $fibers->resume($second);

        self::assertSame(['alice', 'alice', false, 'alice', false], json_decode($alice->frames()[0]->data, true));
        self::assertSame(['root', 'root', true, 'root', true], json_decode($root->frames()[0]->data, true));
        self::assertNull($this->tokens()->getToken());
    }

    public function testLoginsThatWaitHaveTheirOwnRequest(): void
    {
        $this->boot(['firewall' => 'api']);
        $requests = $this->kernel->service('request_stack');
        self::assertInstanceOf(RequestStack::class, $requests);
        $state = new RequestStackState($requests);
        $requests->push($main = Request::create('/a'));
        $requests->push($sub = Request::create('/b'));

        $suspended = $state->suspend();
        self::assertNull($requests->getCurrentRequest());
        $requests->push(Request::create('/other'));
        $requests->pop();
        $state->resume($suspended);

        self::assertSame([$sub, $sub, $main, null], [$requests->getCurrentRequest(), $requests->pop(), $requests->pop(), $requests->pop()]);
    }

    public function testHandlersThatWaitMakeTheirOwnUrls(): void
    {
        $this->boot(['firewall' => 'api']);
        $context = $this->kernel->service('router.request_context');
        $urls = $this->kernel->service('router');
        self::assertInstanceOf(RequestContext::class, $context);
        self::assertInstanceOf(UrlGeneratorInterface::class, $urls);
        $fibers = new Fibers($this->dispatcher()->fiberContext());
        $made = [];
        $handle = static function (string $tenant) use ($fibers, $context, $urls, &$made): \Fiber {
            return $fibers->start(static function () use ($tenant, $context, $urls, &$made): void {
                $context->setHost($tenant.'.example')->setScheme('https')->setBaseUrl('/'.$tenant)->setParameter('tenant', $tenant);
                \Fiber::suspend();
                $made[] = [$urls->generate('note', [], UrlGeneratorInterface::ABSOLUTE_URL), $context->getParameter('tenant')];
            });
        };
        $between = static fn (): string => $urls->generate('note', [], UrlGeneratorInterface::ABSOLUTE_URL);
        $outside = $between();

        $a = $handle('a');
        self::assertSame($outside, $between());
        $b = $handle('b');
        $fibers->resume($a);
        $fibers->resume($b);

        self::assertSame([['https://a.example/a/api/notes', 'a'], ['https://b.example/b/api/notes', 'b']], $made);
    }
}
