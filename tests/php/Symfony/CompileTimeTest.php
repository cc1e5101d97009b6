<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Api\ApiClient;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapMessage;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Middleware\Envelope;
use Ferry\Middleware\MiddlewareInterface;
use Ferry\Middleware\StackInterface;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\StubConnection;
use Ferry\Tests\Symfony\Fixtures\ClockInterface;
use Ferry\Tests\Symfony\Fixtures\PingHandler;
use Ferry\Tests\Symfony\Fixtures\Post;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\DependencyInjection\Attribute\Autowire;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\Security\Core\User\UserInterface;

/**
 * What is wrong is refused when the container is compiled, with a name and a remedy.
 */
final class CompileTimeTest extends TestCase
{
    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    /**
     * @dataProvider invalidConfigurations
     *
     * @param array<string, mixed> $ferry
     * @param list<class-string>   $services
     */
    #[DataProvider('invalidConfigurations')]
    public function testItIsRefused(array $ferry, array $services, string $message): void
    {
        Extension::assertLoaded();
        $this->kernel = new TestKernel($ferry, $services);

        try {
            $this->kernel->boot();
        } catch (\Exception $e) {
            self::assertStringContainsString($message, $e->getMessage());

            return;
        }

        self::fail('The container was compiled.');
    }

    /**
     * @return iterable<string, array{array<string, mixed>, list<class-string>, string}>
     */
    public static function invalidConfigurations(): iterable
    {
        yield 'unknown option' => [['server' => ['prot' => 1]], [], 'Unrecognized option "prot" under "ferry.server". Did you mean "port"?'];
        yield 'unknown section' => [['sever' => []], [], 'Unrecognized option "sever" under "ferry"'];
        yield 'wrong type' => [['server' => ['port' => 'eighty']], [], '"ferry.server.port"'];
        yield 'out of range' => [['server' => ['backlog' => 0]], [], 'makes options that the server refuses: Option "backlog"'];
        yield 'contradiction' => [['server' => ['ping_interval' => 30, 'idle_timeout' => 20]], [], 'idle_timeout'];
        yield 'option of another section' => [['server' => ['jwt' => []]], [], '"jwt" is not set here, but as "ferry.auth.jwt".'];
        yield 'weak key' => [['auth' => ['jwt' => ['algorithms' => ['HS256'], 'key' => 'short']]], [], 'jwt.key'];
        yield 'unknown algorithm' => [['auth' => ['jwt' => ['algorithms' => ['none'], 'key' => str_repeat('k', 32)]]], [], 'jwt.algorithms'];
        yield 'API without an address' => [['api' => ['mode' => 'async']], [], '"ferry.api.base_uri" must be set in the mode "async": the address under which the application\'s controllers answer, such as "https://example.org". Or set "ferry.api.mode: kernel"'];
        yield 'blocking API without an address' => [['api' => ['mode' => 'http']], [], '"ferry.api.base_uri" must be set in the mode "http"'];
        yield 'unknown mode of the API' => [['api' => ['mode' => 'sync']], [], '"ferry.api.mode"'];
        yield 'bad address of the API' => [['api' => ['base_uri' => 'example.org/api']], [], '"ferry.api.base_uri": The option base_uri must be an absolute URL'];
        yield 'unknown option of the API' => [['api' => ['uri' => 'https://example.org']], [], 'Unrecognized option "uri" under "ferry.api"'];
        yield 'unknown client of the API' => [['api' => ['base_uri' => 'https://example.org', 'mode' => 'http', 'client' => 'missing']], [], '"ferry.api.client" is "missing", and there is no such service.'];
        yield 'client of the API that is none' => [['api' => ['base_uri' => 'https://example.org', 'mode' => 'http', 'client' => 'event_dispatcher']], [], 'is neither a Symfony\Contracts\HttpClient\HttpClientInterface nor a Psr\Http\Client\ClientInterface'];
        yield 'API that is not configured' => [[], [ApiHandler::class], 'There is no ApiClient, because "ferry.api" is not configured.'];
        yield 'unknown middleware' => [['middleware' => ['App\Missing']], [PingHandler::class], '"ferry.middleware" names the middleware "App\Missing", which is no service'];
        yield 'unresolvable argument' => [[], [UnresolvableHandler::class], 'Cannot resolve the argument "string $rom" of '.UnresolvableHandler::class.'::say()'];
        yield 'unknown service' => [[], [UnknownServiceHandler::class], 'there is no service "'.ClockInterface::class.'"'];
        yield 'current user without security' => [[], [UserHandler::class], 'composer require symfony/security-bundle'];
        yield 'two messages' => [[], [TwoMessagesHandler::class], 'Both "'.Post::class.' $one" and "'.Post::class.' $other" of '];
        yield 'two handlers on one path' => [[], [PingHandler::class, OtherPingHandler::class], sprintf('Both "%s" and "%s" serve the path "/ping"', PingHandler::class, OtherPingHandler::class)];
        yield 'named middleware that is none' => [[], [LockedHandler::class], 'names the middleware "app.lock", which is no service'];
        yield 'path of the server and of a handler' => [['server' => ['path' => '/ws']], [PingHandler::class], '"ferry.server.path" and the path "/ping" of the handler'];
        yield 'middleware that is none' => [['middleware' => [PingHandler::class]], [PingHandler::class], 'does not implement '.MiddlewareInterface::class];
    }

    public function testAutowireWhereTheVersionHasIt(): void
    {
        $this->kernel = new TestKernel([], [AutowireHandler::class], static function (ContainerBuilder $container): void {
            $container->setParameter('app.name', 'forum');
            $container->register('app.clock', Fixtures\Clock::class);
        });

        if (!class_exists(Autowire::class)) {
            $this->expectExceptionMessage('#[Autowire] needs symfony/dependency-injection 6.1');
            $this->kernel->boot();

            return;
        }

        $connection = new StubConnection('/autowire');
        $this->dispatcher()->onOpen($connection);
        self::assertSame(['["forum","noon"]'], $connection->sent);
    }

    public function testHandlerInterfaceWithoutAttributesServesTheConfiguredPath(): void
    {
        $this->kernel = new TestKernel(['server' => ['path' => '/ws', 'port' => '%env(int:FERRY_TEST_PORT)%']], [RecordingHandler::class]);
        $this->kernel->boot();

        self::assertSame(RecordingHandler::class, $this->dispatcher()->router()->match('/ws')[0]->class);
    }

    public function testPathInATag(): void
    {
        $this->kernel = new TestKernel([], [], static function (ContainerBuilder $container): void {
            $container->register('app.ws', RecordingHandler::class)->addTag('ferry.handler', ['path' => '/tagged']);
        });

        self::assertSame('app.ws', $this->dispatcher()->router()->match('/tagged')[0]->id);
    }

    public function testMiddlewareIsConfiguredOrNamed(): void
    {
        $this->kernel = new TestKernel(['middleware' => ['app.outer']], [LockedHandler::class], static function (ContainerBuilder $container): void {
            foreach (['app.outer', 'app.lock'] as $id) {
                $container->register($id, Tracing::class)->setArguments([$id]);
            }
        });
        Tracing::$seen = [];
        $connection = new StubConnection('/locked');
        $dispatcher = $this->dispatcher();
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, '{"type":"x"}', false);

        self::assertSame(['app.outer message', 'app.lock message'], Tracing::$seen);
    }

    private function dispatcher(): HandlerDispatcher
    {
        $dispatcher = $this->kernel?->service(HandlerDispatcher::class);
        \assert($dispatcher instanceof HandlerDispatcher);

        return $dispatcher;
    }
}

final class Tracing implements MiddlewareInterface
{
    /** @var list<string> */
    public static array $seen = [];

    public function __construct(private readonly string $name)
    {
    }

    public function handle(Envelope $envelope, StackInterface $stack): Envelope
    {
        self::$seen[] = "$this->name $envelope->event";

        return $stack->next()->handle($envelope, $stack);
    }
}

#[AsWsHandler('/chat/{room}')]
final class UnresolvableHandler
{
    #[OnMessage('say')]
    public function say(string $rom): void
    {
    }
}

#[AsWsHandler('/clock')]
final class UnknownServiceHandler
{
    #[OnMessage('say')]
    public function say(ClockInterface $clock): void
    {
    }
}

#[AsWsHandler('/user')]
final class UserHandler
{
    #[OnOpen]
    public function open(UserInterface $user): void
    {
    }
}

#[AsWsHandler('/two')]
final class TwoMessagesHandler
{
    #[OnMessage('x')]
    public function x(Post $one, Post $other): void
    {
    }

    #[OnMessage('meant')]
    public function meant(#[MapMessage] Post $one): void
    {
    }
}

#[AsWsHandler('/ping')]
final class OtherPingHandler
{
    #[OnMessage('ping')]
    public function ping(): void
    {
    }
}

#[AsWsHandler('/locked', middleware: ['app.lock'])]
final class LockedHandler
{
    #[OnMessage('x')]
    public function x(): void
    {
    }
}

#[AsWsHandler('/autowire')]
final class AutowireHandler
{
    #[OnOpen]
    public function open(#[Autowire('%app.name%')] string $name, #[Autowire(service: 'app.clock')] ClockInterface $clock): array
    {
        return [$name, $clock->now()];
    }
}

#[AsWsHandler('/api')]
final class ApiHandler
{
    public function __construct(public readonly ApiClient $api)
    {
    }

    #[OnMessage]
    public function message(): void
    {
    }
}
