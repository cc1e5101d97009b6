<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Api;

use Ferry\Api\ApiClient;
use Ferry\Api\ApiOptions;
use Ferry\Api\Exception\ConnectException;
use Ferry\Api\Psr18Client;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Bridge\Symfony\HttpClient\FerryHttpClient;
use Ferry\Connection;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Api\ApiServer;
use Ferry\Tests\Symfony\TestKernel;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Reference;
use Symfony\Component\HttpClient\HttpClient;
use Symfony\Component\HttpClient\Psr18Client as SymfonyPsr18Client;
use Symfony\Contracts\HttpClient\HttpClientInterface;

/**
 * What the section "ferry.api" makes, against a real server.
 */
final class ApiConfigTest extends TestCase
{
    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
        unset($_ENV['FERRY_TEST_API']);
    }

    /**
     * @dataProvider clients
     */
    #[DataProvider('clients')]
    public function testModeHttp(bool $frameworksOwn, ?string $client): void
    {
        $server = new ApiServer();
        $this->kernel = new TestKernel(
            ['api' => ['mode' => 'http', 'base_uri' => '%env(FERRY_TEST_API)%', 'client' => $client, 'headers' => ['User-Agent' => 'chat', 'X-From' => 'ferry'], 'forwarded' => 'forwarded', 'retries' => 0]],
            [ApiUser::class],
            static function (ContainerBuilder $container): void {
                $container->register('my_client', HttpClientInterface::class)->setFactory([HttpClient::class, 'create']);
                $container->register('my_psr18_client', SymfonyPsr18Client::class)->setArguments([new Reference('my_client')]);
            },
            config: ['framework' => ['http_client' => ['enabled' => $frameworksOwn]]],
        );
        $_ENV['FERRY_TEST_API'] = $server->url.'/v1/';
        $connection = new FakeConnection(identity: new Identity('alice', token: 'secret'), handshake: new FakeHandshake(remoteAddress: '192.0.2.7'));
        $seen = $this->user()->api->as($connection)->get('/x')->toArray();

        self::assertSame(['/v1/x', 'Bearer secret', 'for=192.0.2.7', 'chat', 'ferry'], [$seen['uri'], $seen['headers']['authorization'], $seen['headers']['forwarded'], $seen['headers']['user-agent'], $seen['headers']['x-from']]);
    }

    /**
     * @return iterable<string, array{bool, ?string}>
     */
    public static function clients(): iterable
    {
        yield 'http_client' => [true, null];
        yield 'streams' => [false, null];
        yield 'a client of Symfony\'s' => [false, 'my_client'];
        yield 'a client of PSR-18' => [true, 'my_psr18_client'];
    }

    public function testOptionsOfTheServerCount(): void
    {
        $this->kernel = new TestKernel([
            'api' => ['mode' => 'kernel', 'timeout' => 2.5, 'max_redirects' => 0],
            'auth' => ['jwt' => ['algorithms' => ['HS256'], 'key' => str_repeat('k', 32), 'expired_close_code' => 4001]],
            'server' => ['allowed_origins' => ['https://example.org']],
        ], [ApiUser::class]);
        $options = (fn (): ApiOptions => $this->options)->call($this->user()->api);

        self::assertSame([4001, true, 2.5, 0], [$options->expiredCloseCode, $options->originsAreChecked, $options->timeout, $options->maxRedirects]);
    }

    public function testWhatWaitsTurnsFibersOn(): void
    {
        $cases = [
            [[], [ApiUserWithout::class], null],
            [['api' => ['base_uri' => 'https://example.org']], [ApiUser::class], true],
            [['api' => ['mode' => 'kernel']], [ApiUser::class], null],
            [[], [WaitingHandler::class], true],
            [['api' => ['base_uri' => 'https://example.org'], 'server' => ['fibers' => false]], [ApiUser::class], false],
        ];

        foreach ($cases as $number => [$ferry, $services, $expected]) {
            $this->kernel?->remove();
            $this->kernel = new TestKernel($ferry, $services);
            $this->kernel->boot();
            self::assertSame($expected, $this->kernel->getContainer()->getParameter(ServerSection::OPTIONS)['fibers'] ?? null, 'case '.$number);
        }
    }

    public function testNobodyThere(): void
    {
        $this->kernel = new TestKernel(['api' => ['mode' => 'http', 'base_uri' => ApiServer::closedPort()]], [ApiUser::class]);
        $this->expectException(ConnectException::class);
        $this->user()->api->post('/x');
    }

    public function testFacesAreThereWithoutAnyConfiguration(): void
    {
        $this->kernel = new TestKernel([], [FaceUser::class]);
        $user = $this->kernel->service(FaceUser::class);

        self::assertInstanceOf(Psr18Client::class, $user->psr18);
        self::assertInstanceOf(FerryHttpClient::class, $user->client);
    }

    private function user(): ApiUser
    {
        return $this->kernel->service(ApiUser::class);
    }
}

#[AsWsHandler('/api')]
final class ApiUser
{
    public function __construct(public readonly ApiClient $api)
    {
    }

    #[OnMessage]
    public function message(Connection $connection): void
    {
    }
}

#[AsWsHandler('/faces')]
final class FaceUser
{
    public function __construct(public readonly Psr18Client $psr18, public readonly FerryHttpClient $client)
    {
    }

    #[OnMessage]
    public function message(Connection $connection): void
    {
    }
}

#[AsWsHandler('/plain')]
final class ApiUserWithout
{
    #[OnMessage]
    public function message(Connection $connection): void
    {
    }
}

#[AsWsHandler('/waits')]
final class WaitingHandler
{
    #[OnMessage('wait', async: true)]
    public function message(Connection $connection): void
    {
    }
}
