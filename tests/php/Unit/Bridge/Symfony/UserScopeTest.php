<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Bridge\Symfony;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Auth\ConnectionRegistry;
use Ferry\Bridge\Symfony\Security\ConnectionToken;
use Ferry\Bridge\Symfony\Security\LazyTokenStorage;
use Ferry\Bridge\Symfony\Security\Users;
use Ferry\Bridge\Symfony\Security\UserScope;
use Ferry\Connection;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Tests\Fixtures\Fibers;
use Ferry\Tests\Fixtures\Process;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;

final class UserScopeTest extends TestCase
{
    public function testUserIsGoneAfterAnExitInTheHandler(): void
    {
        $process = new Process([\PHP_BINARY, \dirname(__DIR__, 3).'/Fixtures/exit-in-handler.php']);

        self::assertSame(3, $process->waitForExit(), $process->output());
        self::assertSame("in the handler: alice\nat the end: nobody\n", $process->output());
    }

    /**
     * @dataProvider storages
     */
    #[DataProvider('storages')]
    public function testOnlyTheOwnUserIsSeenInAnEventAndNobodyAfterIt(TokenStorage $tokens): void
    {
        $other = new ConnectionToken(new Identity('mallory'), new Users(), 'main');
        $seen = [];
        $handler = new #[AsWsHandler('/')] class($tokens, $other, $seen) {
            public function __construct(private readonly TokenStorage $tokens, private readonly ConnectionToken $other, private array &$seen)
            {
            }

            #[OnMessage(raw: true)]
            public function act(Connection $connection, string $data): void
            {
                match ($data) {
                    'ask' => $this->seen[] = $this->tokens->getToken()?->getUserIdentifier(),
                    'replace' => $this->tokens->setToken($this->other),
                    'forget and replace' => [$this->tokens->setToken(null), $this->tokens->setToken($this->other)],
                    'forget' => [$this->tokens->setToken(null), $this->seen[] = $this->tokens->getToken()],
                    'initialize' => $this->tokens->setInitializer(fn () => $this->tokens->setToken($this->other)),
                    default => null,
                };
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: [new UserScope($tokens, new Users())]);
        $alice = new FakeConnection(identity: new Identity('alice'));
        $anonymous = new FakeConnection();
        $dispatcher->onOpen($alice);
        $dispatcher->onOpen($anonymous);

        foreach (['ask', 'nothing', 'replace', 'forget and replace', 'forget', 'initialize'] as $before) {
            $seen = [];
            $dispatcher->onMessage($alice, $before, false);
            self::assertNull($tokens->getToken(), $before);
            $dispatcher->onMessage($anonymous, 'ask', false);
            $dispatcher->onMessage($alice, 'ask', false);
            self::assertSame([null, 'alice'], \array_slice($seen, -2), $before);
        }

        // What a timer leaves behind is not the client's either.
        $tokens->setToken($other);
        $seen = [];
        $dispatcher->onMessage($anonymous, 'ask', false);
        $tokens->setToken($other);
        $dispatcher->onMessage($alice, 'ask', false);
        self::assertSame([null, 'alice'], $seen);
        self::assertNull($tokens->getToken());
    }

    /**
     * @dataProvider storages
     */
    #[DataProvider('storages')]
    public function testHandlersThatAreSuspendedSeeTheirOwnUserBeforeAndAfter(TokenStorage $tokens): void
    {
        $seen = [];
        $see = static function (string $when) use ($tokens, &$seen): void { $seen[] = $when.' '.($tokens->getToken()?->getUserIdentifier() ?? 'nobody'); };
        $handler = new #[AsWsHandler('/')] class($see) {
            public function __construct(private readonly \Closure $see)
            {
            }

            #[OnMessage(raw: true)]
            public function act(Connection $connection, string $data): void
            {
                if ('late' !== $data) {
                    ($this->see)('before');
                }

                \Fiber::suspend();
                ($this->see)('between');
                \Fiber::suspend();
                ($this->see)('after');
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: [new UserScope($tokens, new Users())]);
        $fibers = new Fibers($dispatcher->fiberContext());
        $alice = new FakeConnection(identity: new Identity('alice'));
        $bob = new FakeConnection(identity: new Identity('bob'));
        $anonymous = new FakeConnection();
        array_map($dispatcher->onOpen(...), [$alice, $bob, $anonymous]);

        $first = $fibers->start(static fn () => $dispatcher->onMessage($alice, 'early', false));
        $see('main');
        $second = $fibers->start(static fn () => $dispatcher->onMessage($bob, 'late', false));
        $third = $fibers->start(static fn () => $dispatcher->onMessage($anonymous, 'early', false));

        foreach ([$second, $first, $third, $third, $first, $second] as $fiber) {
            $fibers->resume($fiber);
            $see('main');
        }

        self::assertSame([
            'before alice', 'main nobody', 'before nobody',
            'between bob', 'main nobody', 'between alice', 'main nobody', 'between nobody', 'main nobody',
            'after nobody', 'main nobody', 'after alice', 'main nobody', 'after bob', 'main nobody',
        ], $seen);
    }

    public function testTokenThatAHandlerHasSetIsItsOwn(): void
    {
        $tokens = new LazyTokenStorage();
        $other = new ConnectionToken(new Identity('impersonated'), new Users(), 'main');
        $seen = [];
        $handler = new #[AsWsHandler('/')] class($tokens, $other, $seen) {
            public function __construct(private readonly TokenStorage $tokens, private readonly ConnectionToken $other, private array &$seen)
            {
            }

            #[OnMessage(raw: true)]
            public function act(Connection $connection, string $data): void
            {
                if ('impersonate' === $data) {
                    $this->tokens->setToken($this->other);
                    \Fiber::suspend();
                }

                $this->seen[] = $this->tokens->getToken()?->getUserIdentifier();
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: [new UserScope($tokens, new Users())]);
        $fibers = new Fibers($dispatcher->fiberContext());
        $alice = new FakeConnection(identity: new Identity('alice'));
        $bob = new FakeConnection(identity: new Identity('bob'));
        $dispatcher->onOpen($alice);
        $dispatcher->onOpen($bob);

        $first = $fibers->start(static fn () => $dispatcher->onMessage($alice, 'impersonate', false));
        $dispatcher->onMessage($bob, 'ask', false);
        $fibers->resume($first);
        $dispatcher->onMessage($alice, 'ask', false);

        self::assertSame(['bob', 'impersonated', 'alice'], $seen);
        self::assertNull($tokens->getToken());
    }

    /**
     * @return array<string, array{TokenStorage}>
     */
    public static function storages(): array
    {
        return ['lazy' => [new LazyTokenStorage()], 'of Symfony' => [new TokenStorage()]];
    }

    public function testConnectionThatGetsAnotherIdentityIsTheNewUsersAfterTheEvent(): void
    {
        $registry = new ConnectionRegistry();
        $connection = new FakeConnection(identity: new Identity('alice'), verifier: static fn (): Identity => new Identity('bob'));
        $dispatcher = null;
        $handler = new #[AsWsHandler('/')] class(static function (Connection $connection) use (&$dispatcher): void {
            // As the server does before it takes the token.
            self::assertTrue($dispatcher->onAuthenticate($connection, new Identity('bob')));
            $connection->authenticate('a token');
        }) {
            public function __construct(private readonly \Closure $authenticate)
            {
            }

            #[OnMessage(raw: true)]
            public function act(Connection $connection, string $data): void
            {
                ($this->authenticate)($connection);
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: [new UserScope(new LazyTokenStorage(), new Users(), registry: $registry)]);
        $dispatcher->onOpen($connection);
        self::assertSame(['alice'], $registry->users());

        $dispatcher->onMessage($connection, 'login', false);
        self::assertSame(['bob'], $registry->users());
    }

    public function testTokenOfAConnectionLeavesTheProcessNotAtAll(): void
    {
        $token = new ConnectionToken(new Identity('alice'), new Users(), 'main');

        $this->expectException(\LogicException::class);
        serialize($token);
    }

    public function testFailureToLoadTheUserIsNoLogout(): void
    {
        $provider = $this->createMock(\Ferry\Tests\Fixtures\UserProvider::class);
        $provider->method('loadUserByIdentifier')->willThrowException(new \RuntimeException('the database is away'));
        $token = new ConnectionToken(new Identity('alice'), new Users($provider), 'main');

        for ($attempt = 0; $attempt < 2; ++$attempt) {
            try {
                $token->getUser();
                self::fail('It fails.');
            } catch (\RuntimeException $e) {
                self::assertSame('the database is away', $e->getMessage());
            }

            self::assertFalse($token->isRevoked());
        }
    }
}
