<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Auth\TicketIssuer;
use Ferry\Bridge\Symfony\Profiler\MessageDataCollector;
use Ferry\Bridge\Symfony\Profiler\MessageProfiler;
use Ferry\Event\MessageReceived;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Fibers;
use Ferry\Tests\Symfony\Fixtures\Clock;
use Ferry\Tests\Symfony\Fixtures\ClockInterface;
use Ferry\Tests\Symfony\Fixtures\CountingCollector;
use Ferry\Tests\Symfony\Fixtures\ForumHandler;
use PHPUnit\Framework\TestCase;
use Symfony\Bundle\TwigBundle\TwigBundle;
use Symfony\Bundle\WebProfilerBundle\WebProfilerBundle;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpKernel\Profiler\Profile;
use Symfony\Component\HttpKernel\Profiler\Profiler;

final class ProfilerTest extends TestCase
{
    private ?TestKernel $kernel = null;

    public static function setUpBeforeClass(): void
    {
        require_once '/usr/share/php/Symfony/Bundle/TwigBundle/autoload.php';
        require_once '/usr/share/php/Symfony/Bundle/WebProfilerBundle/autoload.php';
    }

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    public function testEachMessageHasAProfile(): void
    {
        $this->kernel = $this->kernel();
        $this->say('{"type":"post","id":4,"text":"hi","priority":2}', '{"type":"post","text":"much longer than ten","priority":1}');

        [$refused, $handled] = $this->profiles();
        $message = $this->message($handled);

        self::assertSame([200, 400], [$handled->getStatusCode(), $refused->getStatusCode()]);
        self::assertSame('ws://example.org:8080/forum/7?lang=de&token=%5Bredacted%5D post', $handled->getUrl());
        self::assertSame([ForumHandler::class.'::post', 'post', 4, 47, 'alice', ['ROLE_USER'], ['topic' => '7'], ['lobby']], [$message['handler'], $message['type'], $message['id'], $message['bytes'], $message['user'], $message['roles'], $message['route'], $message['rooms']]);
        self::assertGreaterThan(0, $message['milliseconds']);
        self::assertNull($message['error']);
        self::assertTrue($this->message($refused)['error']['refused']);
        self::assertStringNotContainsString('very-secret', serialize($handled->getCollectors()));
    }

    public function testProfileHasNoTicket(): void
    {
        $this->kernel = $this->kernel();
        $ticket = (new TicketIssuer('0123456789abcdef'))->issue('alice');
        $dispatcher = $this->kernel->service(HandlerDispatcher::class);
        $connection = new FakeConnection(identity: new Identity('alice'), handshake: new FakeHandshake('/forum/7?ticket='.$ticket, ['Host' => 'example.org:8080', 'Referer' => 'https://example.org/?t='.$ticket]));
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, '{"type":"post","text":"hi","priority":2}', false);

        [$profile] = $this->profiles();

        self::assertSame('ws://example.org:8080/forum/7?ticket=%5Bredacted%5D post', $profile->getUrl());
        self::assertStringNotContainsString(explode('.', $ticket)[1], serialize($profile->getCollectors()));
    }

    public function testQueriesAndLogsAreThoseOfTheMessage(): void
    {
        $this->kernel = $this->kernel();
        CountingCollector::$seen = 5;
        $this->say('{"type":"post","text":"hi","priority":2}');
        CountingCollector::$seen = 3;
        $this->say('{"type":"post","text":"hi","priority":2}');

        [$second, $first] = $this->profiles();
        self::assertSame([5, 250.0], [$this->message($first)['queries'], $this->message($first)['queryMilliseconds']]);
        self::assertSame(3, $this->message($second)['queries']);
        $time = $second->getCollector('time');
        self::assertGreaterThan(1000 * $this->kernel->getStartTime(), $time->getStartTime(), 'not since the process has started');
    }

    public function testTheNumberOfProfilesIsCapped(): void
    {
        $this->kernel = $this->kernel(['profiler' => ['max_profiles' => 5]]);
        $this->say(...array_fill(0, 30, '{"type":"post","text":"hi","priority":2}'));

        self::assertSame(5, $this->storedProfiles());
        $listed = $this->profiler()->find(null, null, 100, MessageProfiler::METHOD, null, null);
        self::assertLessThanOrEqual(5 + 10, \count($listed));
        self::assertNotNull($this->profiler()->loadProfile($listed[4]['token']), 'the latest are there');

        // Another run of the server knows those of this one.
        $this->kernel->shutdown();
        $this->say('{"type":"post","text":"hi","priority":2}');
        self::assertSame(5, $this->storedProfiles());
    }

    public function testThePanelShowsTheMessage(): void
    {
        $this->kernel = $this->kernel();
        $this->say('{"type":"post","id":4,"text":"<b>hi</b>","priority":2}', "{\"type\":\"post\",\"text\":\"\xff\"}");
        $profiles = $this->profiles();

        $page = $this->page($profiles[array_key_last($profiles)]->getToken());
        self::assertStringContainsString('WebSocket message', $page);
        self::assertStringContainsString(ForumHandler::class.'::post', $page);
        self::assertStringContainsString('&lt;b&gt;hi&lt;/b&gt;', $page);
        self::assertStringContainsString('alice', $page);

        // A request's profile says where the messages are.
        $this->profiler()->enable();
        $request = $this->profiler()->collect(Request::create('/'), new \Symfony\Component\HttpFoundation\Response());
        self::assertNotNull($request);
        $this->profiler()->saveProfile($request);
        self::assertStringContainsString('Messages have profiles of their own', $this->page($request->getToken()));
    }

    public function testMessagesThatWaitForEachOtherHaveAProfileEach(): void
    {
        $this->kernel = $this->kernel();
        $dispatcher = $this->kernel->service(HandlerDispatcher::class);
        $this->kernel->service('event_dispatcher')->addListener(MessageReceived::class, static fn () => null === \Fiber::getCurrent() ? null : \Fiber::suspend());
        $fibers = new Fibers($dispatcher->fiberContext());
        $alice = new FakeConnection('c1', new Identity('alice', ['ROLE_USER']), new FakeHandshake('/forum/7'));
        $bob = new FakeConnection('c2', new Identity('bob', ['ROLE_USER']), new FakeHandshake('/forum/8'));
        $dispatcher->onOpen($alice);
        $dispatcher->onOpen($bob);

        $first = $fibers->start(static fn () => $dispatcher->onMessage($alice, '{"type":"post","text":"hi","priority":2}', false));
        $second = $fibers->start(static fn () => $dispatcher->onMessage($bob, '{"type":"post","text":"hi there","priority":2}', false));
        $fibers->resume($first);
        $fibers->resume($second);
        $dispatcher->onMessage($alice, '{"type":"post","text":"again","priority":2}', false);

        $messages = array_map(fn (Profile $profile): array => array_intersect_key($this->message($profile), ['user' => true, 'bytes' => true, 'error' => true]), $this->profiles());
        usort($messages, static fn (array $a, array $b): int => $a['bytes'] <=> $b['bytes']);
        self::assertSame([
            ['bytes' => 40, 'user' => 'alice', 'error' => null],
            ['bytes' => 43, 'user' => 'alice', 'error' => null],
            ['bytes' => 46, 'user' => 'bob', 'error' => null],
        ], $messages);
    }

    public function testWithoutAProfilerOrDebugModeThereIsNothing(): void
    {
        foreach ([$this->kernel(debug: false), $this->kernel(['profiler' => ['enabled' => false]]), new TestKernel(services: [], debug: true)] as $this->kernel) {
            $this->kernel->boot();
            self::assertFalse($this->kernel->getContainer()->get('test.service_container')->has(MessageProfiler::class));
            $this->kernel->remove();
        }

        $this->kernel = null;
    }

    /**
     * @param array<string, mixed> $ferry
     */
    private function kernel(array $ferry = [], bool $debug = true): TestKernel
    {
        return new TestKernel($ferry, [ForumHandler::class], static function (ContainerBuilder $container): void {
            $container->register(Clock::class, Clock::class);
            $container->setAlias(ClockInterface::class, Clock::class);
            $container->register('test.db', CountingCollector::class)->addTag('data_collector', ['id' => 'db']);
        }, [new TwigBundle(), new WebProfilerBundle()], [
            'framework' => ['profiler' => ['enabled' => true], 'router' => ['utf8' => true, 'resource' => __DIR__.'/Fixtures/profiler_routes.php', 'type' => 'php']],
            'twig' => ['strict_variables' => true],
            'web_profiler' => ['toolbar' => false],
        ], $debug);
    }

    private function say(string ...$messages): void
    {
        $handshake = new FakeHandshake('/forum/7?lang=de&token=very-secret', ['Host' => 'example.org:8080', 'Authorization' => 'Bearer very-secret'], token: 'very-secret');
        $connection = new FakeConnection('c1', new Identity('alice', ['ROLE_USER']), $handshake);
        $connection->join('lobby');
        $dispatcher = $this->kernel?->service(HandlerDispatcher::class);
        \assert($dispatcher instanceof HandlerDispatcher);
        $dispatcher->onOpen($connection);

        foreach ($messages as $message) {
            $dispatcher->onMessage($connection, $message, false);
        }
    }

    private function storedProfiles(): int
    {
        $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($this->kernel?->getCacheDir().'/profiler', \FilesystemIterator::SKIP_DOTS));

        return \count(array_filter(iterator_to_array($files), static fn (\SplFileInfo $file): bool => !str_starts_with($file->getFilename(), 'index.')));
    }

    private function profiler(): Profiler
    {
        $profiler = $this->kernel?->service('profiler');
        \assert($profiler instanceof Profiler);

        return $profiler;
    }

    /**
     * @return non-empty-list<Profile> latest first
     */
    private function profiles(): array
    {
        $tokens = array_column($this->profiler()->find(null, null, 100, MessageProfiler::METHOD, null, null), 'token');
        self::assertNotSame([], $tokens, 'there are profiles');

        return array_map(fn (string $token): Profile => $this->profiler()->loadProfile($token), $tokens);
    }

    /**
     * @return array<string, mixed>
     */
    private function message(Profile $profile): array
    {
        $collector = $profile->getCollector('ferry');
        self::assertInstanceOf(MessageDataCollector::class, $collector);

        return $collector->getMessage();
    }

    private function page(string $token): string
    {
        $response = $this->kernel?->handle(Request::create('/_profiler/'.$token.'?panel=ferry'));
        self::assertSame(200, $response?->getStatusCode(), (string) $response?->getContent());

        return (string) $response->getContent();
    }
}
