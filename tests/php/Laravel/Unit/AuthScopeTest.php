<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Bridge\Laravel\Auth\HandshakeScope;
use Ferry\Bridge\Laravel\Auth\RequestScope;
use Ferry\Bridge\Laravel\Handler\AuthScope;
use Ferry\Bridge\Laravel\Handler\ContainerState;
use Ferry\Connection;
use Ferry\Handler\FiberContext;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Fibers;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Support\Facades\Auth;
use PHPUnit\Framework\TestCase;

final class AuthScopeTest extends TestCase
{
    public function testUserIsGoneAfterAnExitInTheHandler(): void
    {
        $process = new Process([\PHP_BINARY, \dirname(__DIR__).'/Fixtures/exit-in-handler.php']);

        self::assertSame(3, $process->waitForExit(), $process->output());
        self::assertSame("in the handler: 7\nat the end: nobody\n", $process->output());
    }

    public function testHandlersThatAreSuspendedHaveUserScopedInstancesAndLocaleOfTheirOwn(): void
    {
        $app = TestApplication::boot();
        $app->scoped('cart', static fn (): \ArrayObject => new \ArrayObject());
        $seen = [];
        $handler = new #[AsWsHandler('/')] class($seen) {
            /** @param list<array{int|string|null, list<mixed>, string}> $seen */
            public function __construct(private array &$seen)
            {
            }

            #[OnMessage(raw: true)]
            public function act(Connection $connection, string $data): void
            {
                app('cart')->append($data);
                app()->setLocale($data);
                $this->see();
                \Fiber::suspend();
                $this->see();
            }

            private function see(): void
            {
                $this->seen[] = [Auth::id(), app('cart')->getArrayCopy(), app()->getLocale()];
            }
        };
        $locale = $app->getLocale();
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: [new AuthScope($app->make(ConnectionAuth::class))], suspendable: [$app->make(RequestScope::class), new ContainerState($app)]);
        $fibers = new Fibers($dispatcher->fiberContext());
        $alice = new FakeConnection(identity: new Identity('7'));
        $bob = new FakeConnection(identity: new Identity('8'));
        $dispatcher->onOpen($alice);
        $dispatcher->onOpen($bob);

        $first = $fibers->start(static fn () => $dispatcher->onMessage($alice, 'de', false));
        self::assertSame([null, $locale], [Auth::id(), $app->getLocale()], 'between');
        $second = $fibers->start(static fn () => $dispatcher->onMessage($bob, 'fr', false));
        $fibers->resume($first);
        $fibers->resume($second);

        self::assertEquals([['7', ['de'], 'de'], ['8', ['fr'], 'fr'], ['7', ['de'], 'de'], ['8', ['fr'], 'fr']], $seen);
        self::assertNull(Auth::id());
    }

    public function testLoginThatIsSuspendedHasItsOwnRequest(): void
    {
        $app = TestApplication::boot();
        $scope = $app->make(HandshakeScope::class);
        $before = $app->make('request');
        $seen = [];
        $login = static function (string $path) use ($app, $scope, &$seen): void {
            $scope->run(new FakeHandshake($path), static function () use ($app, &$seen): void {
                $seen[] = $app->make('request')->path();
                \Fiber::suspend();
                $seen[] = $app->make('request')->path();
            });
        };
        $fibers = new Fibers(new FiberContext([$app->make(RequestScope::class)]));

        $first = $fibers->start(static fn () => $login('/a'));
        self::assertSame($before, $app->make('request'));
        $second = $fibers->start(static fn () => $login('/b'));
        $fibers->resume($first);
        $fibers->resume($second);

        self::assertSame(['a', 'b', 'a', 'b'], $seen);
        self::assertSame($before, $app->make('request'));
    }
}
