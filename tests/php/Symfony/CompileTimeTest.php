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
        yield 'contradiction beside a value of the environment' => [['server' => ['port' => '%env(int:FERRY_TEST_PORT)%', 'ping_interval' => 30, 'idle_timeout' => 20]], [], 'Option "idle_timeout" must be above "ping_interval"'];
        yield 'contradiction behind one that the environment may resolve' => [['server' => ['inbox_bytes' => '%env(int:FERRY_TEST_BYTES)%', 'max_message_bytes' => 1 << 30, 'ping_interval' => 30, 'idle_timeout' => 20]], [], 'Option "idle_timeout" must be above "ping_interval"'];
        yield 'nested option beside a value of the environment' => [['server' => ['port' => '%env(int:FERRY_TEST_PORT)%', 'compression' => ['levl' => 3]]], [], 'Option "compression.levl" is unknown; did you mean "level"?'];
        yield 'nested option named like one of the environment' => [['server' => ['path' => '%env(FERRY_TEST_PATH)%', 'port' => '%env(int:FERRY_TEST_PORT)%'], 'metrics' => ['listen' => 'all']], [], 'Option "metrics.listen"'];
        yield 'option next to a key of the environment' => [['auth' => ['jwt' => ['algoritms' => ['HS256'], 'key' => '%env(FERRY_TEST_KEY)%']]], [], 'Option "jwt.algoritms" is unknown; did you mean "algorithms"?'];
        yield 'algorithm next to a key in a file' => [['auth' => ['jwt' => ['algorithms' => ['none'], 'key' => 'file:///not/on/this/machine.pem']]], [], 'Option "jwt.algorithms[0]" must be one of'];
        yield 'limit next to a DSN of the environment' => [['publish' => ['dsn' => '%env(FERRY_TEST_DSN)%', 'secret' => '%env(FERRY_TEST_KEY)%', 'limits' => ['max_rat' => 1]]], [], 'Option "control.max_rat" is unknown; did you mean "max_rate"?'];
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

    /**
     * @dataProvider configurationsOfTheStart
     *
     * @param array<string, mixed> $ferry
     */
    #[DataProvider('configurationsOfTheStart')]
    public function testWhatTheEnvironmentMayResolveIsLeftToTheStart(array $ferry): void
    {
        Extension::assertLoaded();
        $this->kernel = new TestKernel($ferry, [PingHandler::class]);
        $this->kernel->boot();

        self::assertTrue($this->kernel->getContainer()->has(\Ferry\Runner::class));
    }

    /**
     * @return iterable<string, array{array<string, mixed>}>
     */
    public static function configurationsOfTheStart(): iterable
    {
        $server = static fn (array $options): array => [['server' => $options]];
        $jwt = static fn (array $options): array => [['auth' => ['jwt' => $options + ['algorithms' => ['HS256']]]]];
        $env = '%env(FERRY_TEST_VALUE)%';
        $number = '%env(int:FERRY_TEST_NUMBER)%';
        $switch = '%env(bool:FERRY_TEST_SWITCH)%';

        yield 'time against a default' => $server(['ping_interval' => '%env(float:FERRY_TEST_TIME)%', 'idle_timeout' => 20]);
        yield 'time against which a default stands' => $server(['ping_interval' => 90, 'idle_timeout' => '%env(float:FERRY_TEST_TIME)%']);
        yield 'bytes' => $server(['inbox_bytes' => $number, 'max_message_bytes' => 1 << 30]);
        yield 'both a port and a socket' => $server(['port' => $number, 'unix' => $env]);
        yield 'proxies' => $server(['proxy_protocol' => true, 'trusted_proxies' => [$env]]);
        yield 'proxies before a socket' => $server(['proxy_protocol' => true, 'unix' => $env]);
        yield 'proxies before several addresses' => $server(['proxy_protocol' => true, 'listen' => ['unix:/run/x.sock', $env]]);
        yield 'addresses of clients' => $server(['proxy_protocol' => $switch, 'listen' => ['unix:/run/x.sock'], 'allowed_ips' => ['10.0.0.0/8']]);
        yield 'certificate' => $server(['tls' => ['cert' => $env, 'key' => $env], 'listen' => [['address' => '127.0.0.1:0', 'tls' => true]]]);
        yield 'certificates' => $server(['tls' => ['certificates' => [['cert' => $env, 'key' => $env]]]]);
        yield 'certificate on another machine' => $server(['tls' => ['cert' => '/not/on/this/machine.pem', 'key' => '/not/on/this/machine.key']]);
        yield 'slow clients' => $server(['slow_consumer' => $env, 'compression' => ['server_context_takeover' => true]]);
        yield 'compression' => $server(['slow_consumer' => 'drop-oldest', 'compression' => ['server_context_takeover' => $switch]]);
        yield 'history' => $server(['history' => ['rooms' => ['chat.*' => ['messages' => $number]]]]);
        yield 'Redis' => $server(['redis' => ['dsn' => $env, 'prefix' => 'forum']]);
        yield 'authority of Redis on another machine' => $server(['redis' => ['dsn' => 'rediss://localhost?ca_file=/not/on/this/machine.pem']]);
        yield 'Redis of the publishers' => [['server' => ['redis' => ['prefix' => 'forum']], 'publish' => ['dsn' => $env]]];
        yield 'endpoint' => [['publish' => ['dsn' => $env, 'secret' => $env, 'mode' => 0660, 'limits' => ['max_rate' => 1]]]];
        yield 'address of the endpoint' => [['publish' => ['dsn' => 'http://127.0.0.1:8081', 'listen' => $env, 'secret' => $env, 'mode' => 0660]]];
        yield 'key' => $jwt(['key' => $env]);
        yield 'keys' => $jwt(['keys' => ['a' => $env, 'b' => $env]]);
        yield 'some of the keys' => $jwt(['algorithms' => ['HS256', 'ES256'], 'keys' => ['a' => $env, 'b' => str_repeat('k', 32)]]);
        yield 'address of keys' => $jwt(['jwks_url' => $env, 'jwks_refresh' => 60]);
        yield 'authority of the address of keys' => $jwt(['jwks_url' => 'https://example.org/keys', 'jwks_ca' => '/not/on/this/machine.pem']);
        yield 'algorithms' => $jwt(['algorithms' => [$env], 'key' => str_repeat('k', 32)]);
        yield 'cookie' => [['server' => ['allowed_origins' => [$env]], 'auth' => ['token' => ['cookie' => 'token']]]];
        yield 'source of the token' => [['auth' => ['jwt' => ['algorithms' => ['HS256'], 'key' => str_repeat('k', 32)], 'token' => ['header' => false, 'subprotocol' => false, 'query' => $env]]]];
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
