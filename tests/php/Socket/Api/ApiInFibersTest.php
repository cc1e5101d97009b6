<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket\Api;

use Ferry\Api\ApiClient;
use Ferry\Api\BaseUri;
use Ferry\Api\GuzzleHandler;
use Ferry\Api\Psr18Client;
use Ferry\Api\Transport\AsyncTransport;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Symfony\HttpClient\FerryHttpClient;
use Ferry\Connection;
use Ferry\Handler\HandlerDispatcher;
use Ferry\HandlerInterface;
use Ferry\Runner;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Process;
use GuzzleHttp\Client;
use GuzzleHttp\HandlerStack;
use GuzzleHttp\Promise\PromiseInterface;
use GuzzleHttp\Promise\Utils;
use Nyholm\Psr7\Request;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\Attributes\TestWith;
use PHPUnit\Framework\TestCase;

/**
 * Handlers in fibers, each waiting for the API: nobody gets an answer unless all wait at once.
 */
final class ApiInFibersTest extends TestCase
{
    use WsTestTrait;

    private const CLIENTS = 20;

    private Process $api;
    private string $url;

    protected function setUp(): void
    {
        $this->api = new Process([\PHP_BINARY, '-n', __DIR__.'/../../Fixtures/Api/barrier.php', (string) self::CLIENTS]);
        $this->url = $this->api->waitFor('~\((http://127\.0\.0\.1:\d+)\) started~')[1];
    }

    protected function wsHandler(): Runner|HandlerInterface
    {
        return new Runner(HandlerDispatcher::of([new AskingHandler(new ApiClient(new AsyncTransport(), new BaseUri($this->url)))]), ['fibers' => true]);
    }

    /**
     * @dataProvider faces
     */
    #[DataProvider('faces')]
    public function testAllWaitAtOnceAndEachIsItself(string $face): void
    {
        $clients = [];

        for ($i = 0; $i < self::CLIENTS; ++$i) {
            $clients[] = $this->wsConnect('/ask', 'token-'.$i)->sendJson(['type' => $face]);
        }

        foreach ($clients as $i => $client) {
            $client->assertReceivedJson(['authorization' => 'Bearer token-'.$i, 'together' => self::CLIENTS]);
        }
    }

    /**
     * @testWith ["many"]
     *           ["guzzle"]
     */
    #[TestWith(['many'])]
    #[TestWith(['guzzle'])]
    public function testRequestsOfOneHandlerRunSideBySide(string $type): void
    {
        $this->wsConnect('/ask', 'token')->sendJson(['type' => $type, 'count' => self::CLIENTS])->assertReceivedJson(array_fill(0, self::CLIENTS, self::CLIENTS));
    }

    /**
     * @return iterable<array{string}>
     */
    public static function faces(): iterable
    {
        yield ['api'];
        yield ['psr18'];
        yield ['symfony'];
    }
}

#[AsWsHandler('/ask')]
final class AskingHandler
{
    public function __construct(private readonly ApiClient $api)
    {
    }

    /**
     * @return array<mixed>
     */
    #[OnMessage('api', async: true)]
    public function api(Connection $connection): array
    {
        return $this->api->as($connection)->get('/x')->toArray();
    }

    /**
     * @return array<mixed>
     */
    #[OnMessage('psr18', async: true)]
    public function psr18(Connection $connection): array
    {
        $api = $this->api->as($connection);

        return json_decode((string) (new Psr18Client($api))->sendRequest(new Request('GET', $api->baseUri().'/x'))->getBody(), true);
    }

    /**
     * @return array<mixed>
     */
    #[OnMessage('symfony', async: true)]
    public function symfony(Connection $connection): array
    {
        return (new FerryHttpClient($this->api->as($connection)))->request('GET', 'x')->toArray();
    }

    /**
     * @return list<int>
     */
    #[OnMessage('many', async: true)]
    public function many(Connection $connection, #[MapField] int $count): array
    {
        $client = new FerryHttpClient($this->api->as($connection));
        $responses = array_map(static fn () => $client->request('GET', 'x'), range(1, $count));

        return array_map(static fn ($response): int => $response->toArray()['together'], $responses);
    }

    /**
     * @return list<int>
     */
    #[OnMessage('guzzle', async: true)]
    public function guzzle(Connection $connection, #[MapField] int $count): array
    {
        $api = $this->api->as($connection);
        $client = new Client(['base_uri' => $api->baseUri(), 'handler' => HandlerStack::create(new GuzzleHandler($api))]);
        $promises = array_map(static fn (): PromiseInterface => $client->getAsync('/x'), range(1, $count));

        return array_map(static fn ($response): int => json_decode((string) $response->getBody(), true)['together'], Utils::unwrap($promises));
    }
}
