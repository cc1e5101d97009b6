<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Exception\PublisherUnreachableException;
use Ferry\Exception\PublishException;
use Ferry\Exception\PublishRefusedException;
use Ferry\Publish\Publication;
use Ferry\Publish\Publisher;
use Ferry\Publish\Transport\ControlClient;
use Ferry\Publish\Transport\PhpRedisClient;
use Ferry\Publish\Transport\PredisClient;
use Ferry\Publish\Transport\RedisClientInterface;
use Ferry\Publish\Transport\RedisDsn;
use Ferry\Publish\Transport\RedisTransport;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Fixtures\RedisServer;
use Ferry\WsClient;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * Publishing through a real Redis to servers whose PHP may be blocked, with the extension redis and with Predis.
 */
final class RedisPublishTest extends TestCase
{
    private const SECRET = '0123456789abcdef0123456789abcdef';

    /** @var list<array{Process, string, string}> process, address, control endpoint */
    private array $servers = [];
    private ?RedisServer $redis = null;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        self::assertTrue(\extension_loaded('redis') && class_exists(\Predis\Client::class), 'The extension redis or Predis is missing: run scripts/install test');
        $this->redis = new RedisServer();
    }

    protected function tearDown(): void
    {
        foreach ($this->servers as [$server]) {
            $server->signal(\SIGKILL);
        }

        $this->servers = [];
        $this->redis = null;
    }

    /**
     * @return iterable<string, array{class-string<RedisClientInterface>}>
     */
    public static function clients(): iterable
    {
        yield 'redis' => [PhpRedisClient::class];
        yield 'Predis' => [PredisClient::class];
    }

    /**
     * @param class-string<RedisClientInterface> $class
     *
     * @dataProvider clients
     */
    #[DataProvider('clients')]
    public function testEveryServerDeliversWhilePhpIsBlocked(string $class): void
    {
        $publisher = $this->publisher($class);
        $this->serve();
        $this->serve();
        [$carol] = $this->client(0, '/carol');
        [$alice, $id] = $this->client(0, '/alice');
        [$bob] = $this->client(1, '/bob');
        $carol->send('block');
        self::assertSame('blocking', $carol->receive());

        self::assertSame(3, $publisher->publish('lobby', 'news', ['n' => 1.0, 'text' => 'é/"']));
        self::assertSame(2, $publisher->publish(['lobby', 'empty'], 'more', null, $id));
        self::assertSame(1, $publisher->toUser('bob', 'hello', [1]));
        self::assertSame([3, 0, 1], $publisher->publishAll([
            Publication::toRooms('lobby', 'a'),
            Publication::toRooms('nowhere', 'b'),
            Publication::toUser('alice', 'c'),
        ]));
        self::assertSame([
            '{"type":"news","data":{"n":1.0,"text":"é/\""},"room":"lobby"}',
            '{"type":"a","data":null,"room":"lobby"}',
            '{"type":"c","data":null}',
        ], [$alice->receive(), $alice->receive(), $alice->receive()]);
        self::assertSame([
            '{"type":"news","data":{"n":1.0,"text":"é/\""},"room":"lobby"}',
            '{"type":"more","data":null,"room":"lobby"}',
            '{"type":"hello","data":[1]}',
        ], [$bob->receive(), $bob->receive(), $bob->receive()]);

        $users = array_column($publisher->connections('lobby'), 'user');
        sort($users);
        self::assertSame(['alice', 'bob', 'carol'], $users);
        self::assertSame([], $publisher->connections('nowhere'));
        self::assertCount(3, $publisher->connections());
        self::assertSame(1, $publisher->disconnectUser('bob', 4001, 'bye'));
        self::assertSame('{"type":"a","data":null,"room":"lobby"}', $bob->receive());
        self::assertNull($bob->receive());
        self::assertSame([4001, 'bye'], [$bob->closeCode(), $bob->closeReason()]);
    }

    /**
     * @param class-string<RedisClientInterface> $class
     *
     * @dataProvider clients
     */
    #[DataProvider('clients')]
    public function testWhatFailsIsTyped(string $class): void
    {
        $publisher = $this->publisher($class);
        $this->assertFails(PublisherUnreachableException::class, 'No WebSocket server listens', static fn () => $publisher->publish('lobby', 'e'));
        $this->assertFails(PublisherUnreachableException::class, 'No WebSocket server listens', static fn () => $publisher->connections());
        $this->assertFails(PublishException::class, 'WRONGPASS', fn () => (new Publisher(new RedisTransport(new $class(RedisDsn::parse($this->redis()->wrongLogin())))))->publish('lobby', 'e'));

        $this->serve(['redis' => ['max_body_bytes' => 1024]]);
        $this->assertFails(PublishRefusedException::class, '413 (too_large)', static fn () => $publisher->publish('lobby', 'e', str_repeat('x', 1024)));
        $this->assertFails(PublishRefusedException::class, '422 (malformed)', static fn () => $publisher->disconnectUser('u', 1006));
        self::assertSame(0, $publisher->publish('lobby', 'e'), 'the next one is taken');

        $this->redis()->stop();
        $this->assertFails(PublisherUnreachableException::class, 'cannot be reached', static fn () => $publisher->publish('lobby', 'e'));
        $this->redis()->start();
        $this->awaitLink(0);
        self::assertSame(0, $publisher->publish('lobby', 'e'));

        // A server that answers nothing.
        $silent = $this->redis()->subscriber('test:events');
        $impatient = $this->publisher($class, 2.0);
        $this->assertFails(PublisherUnreachableException::class, 'of 2 WebSocket servers answered in time', static fn () => $impatient->publish('lobby', 'e'));
        fclose($silent);
    }

    public function testAnIdleConnectionIsMadeAnew(): void
    {
        $this->serve();

        foreach (self::clients() as [$class]) {
            $publisher = $this->publisher($class);
            self::assertSame(0, $publisher->publish('lobby', 'e'));
            $this->redis()->stop();
            $this->redis()->start();
            $this->awaitLink(0);
            sleep(1);
            self::assertSame(0, $publisher->publish('lobby', 'e'));
        }
    }

    public function testAServerThatCannotBeginLeavesNoSubscriptionBehind(): void
    {
        $redis = new PhpRedisClient(RedisDsn::parse($this->redis()->dsn()));
        // As while Redis loads what it has written down: to subscribe is allowed, and not much else.
        $redis->command('ACL', 'SETUSER', 'default', '-script');
        $this->serve();
        self::assertSame(['test:events', 0], $redis->command('PUBSUB', 'NUMSUB', 'test:events'));

        $redis->command('ACL', 'SETUSER', 'default', '+script');
        $this->awaitLink(0);
        self::assertSame(['test:events', 1], $redis->command('PUBSUB', 'NUMSUB', 'test:events'));
        self::assertSame(0, $this->publisher(PhpRedisClient::class)->publish('lobby', 'e'));
    }

    public function testAHistorySurvivesTheServerAndTakesWhatIsPublishedMeanwhile(): void
    {
        $publisher = $this->publisher(PhpRedisClient::class);
        $history = ['history' => ['rooms' => ['lobby' => ['messages' => 100]]]];
        $this->serve($history);
        [$client] = $this->client(0, '/alice', false);
        self::assertSame('offset', $this->event($client)['type']);
        // By the server itself, from a handler.
        $client->send('publish');
        $seen = $this->event($client);
        self::assertSame(['type' => 'said', 'data' => 'by the handler', 'room' => 'lobby', 'offset' => $seen['offset']], $seen);
        $this->servers[0][0]->signal(\SIGKILL);
        $this->servers[0][0]->waitForExit();
        $this->awaitNobody($publisher);

        self::assertSame(0, $publisher->publish('lobby', 'late', 2), 'written down');
        $this->assertFails(PublisherUnreachableException::class, 'No WebSocket server listens', static fn () => $publisher->toUser('alice', 'late'));
        $this->serve($history);
        [$client] = $this->client(1, '/alice?since='.$seen['offset'], false);
        self::assertSame(['late', 2], [($event = $this->event($client))['type'], $event['data']]);
        $resumed = $this->event($client);
        self::assertSame(['resumed', true, 1], [$resumed['type'], $resumed['recovered'], $resumed['missed']]);

        $status = ControlClient::fromDsn('http://'.$this->servers[1][2], self::SECRET)->request('GET', '/status');
        self::assertSame([2, true], [$status['history']['messages'], $status['redis']['connected']]);
        self::assertStringNotContainsString('a%2Fb', $status['redis']['address']);
    }

    private function redis(): RedisServer
    {
        self::assertNotNull($this->redis);

        return $this->redis;
    }

    /**
     * @param class-string<RedisClientInterface> $class
     */
    private function publisher(string $class, float $timeout = 20.0): Publisher
    {
        $dsn = RedisDsn::parse($this->redis()->dsn());

        return new Publisher(new RedisTransport(new $class($dsn, $timeout), $dsn->prefix, $timeout));
    }

    /**
     * @param array<string, mixed> $options
     */
    private function serve(array $options = []): void
    {
        $options['redis'] = ['dsn' => $this->redis()->dsn()] + ($options['redis'] ?? []);
        $server = new Process([...Extension::php(), \dirname(__DIR__).'/Fixtures/publishing.php', '127.0.0.1:0', self::SECRET, json_encode($options, \JSON_THROW_ON_ERROR)]);
        [, $address, $control] = $server->waitFor('/started (\S+) (\S+)/');
        $this->servers[] = [$server, $address, $control];
    }

    /**
     * @return array{WsClient, string} client and its connection's id
     */
    private function client(int $server, string $path, bool $greeted = true): array
    {
        $client = WsClient::connect($this->servers[$server][1].$path);

        return [$client, $greeted ? (string) $client->receive() : ''];
    }

    /**
     * @return array<string, mixed>
     */
    private function event(WsClient $client): array
    {
        do {
            $frame = (string) $client->receive();
            // The handler's greeting, the connection's id, stands somewhere between.
        } while (1 === preg_match('/^[0-9a-f]{32}$/', $frame));

        return json_decode($frame, true, 512, \JSON_THROW_ON_ERROR);
    }

    private function awaitLink(int $server): void
    {
        $control = ControlClient::fromDsn('http://'.$this->servers[$server][2], self::SECRET);

        for ($tries = 0; !$control->request('GET', '/status')['redis']['connected']; ++$tries) {
            self::assertLessThan(1000, $tries, 'The server does not find Redis again');
            usleep(20_000);
        }
    }

    private function awaitNobody(Publisher $publisher): void
    {
        for ($tries = 0; ; ++$tries) {
            try {
                $publisher->connections();
            } catch (PublisherUnreachableException) {
                return;
            }

            self::assertLessThan(1000, $tries, 'Redis does not notice that the server is gone');
        }
    }

    /**
     * @param class-string<\Throwable> $class
     */
    private function assertFails(string $class, string $message, callable $act): void
    {
        try {
            $act();
        } catch (\Throwable $e) {
            self::assertInstanceOf($class, $e, $e->getMessage());
            self::assertStringContainsString($message, $e->getMessage());

            return;
        }

        self::fail('It did not fail');
    }
}
