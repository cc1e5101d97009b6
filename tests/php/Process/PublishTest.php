<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Exception\PublisherUnreachableException;
use Ferry\Exception\PublishRefusedException;
use Ferry\Publish\Publication;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherFactory;
use Ferry\Publish\Transport\ControlClient;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\WsClient;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * Publishing from another process, to a server whose PHP may be blocked.
 */
final class PublishTest extends TestCase
{
    private const SECRET = '0123456789abcdef0123456789abcdef';

    private ?Process $server = null;
    private string $address = '';
    private string $control = '';

    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    protected function tearDown(): void
    {
        $this->server?->signal(\SIGKILL);
    }

    /**
     * @dataProvider listeners
     */
    #[DataProvider('listeners')]
    public function testItIsDeliveredWhilePhpIsBlocked(string $listen): void
    {
        $publisher = $this->serve($listen);
        $sleeper = $this->client('/carol');
        [$alice, $bob] = [$this->client('/alice'), $this->client('/bob')];
        $sleeper[0]->send('block');
        self::assertSame('blocking', $sleeper[0]->receive());

        self::assertSame(3, $publisher->publish('lobby', 'news', ['n' => 1.0, 'text' => 'é/"']));
        self::assertSame(2, $publisher->publish(['lobby', 'empty'], 'more', null, $alice[1]));
        self::assertSame(1, $publisher->toUser('bob', 'hello', [1]));
        self::assertSame([2, 0, 1], $publisher->publishAll([
            Publication::toRooms('lobby', 'a', except: $bob[1]),
            Publication::toRooms('nowhere', 'b'),
            Publication::toUser('alice', 'c'),
        ]));
        self::assertSame([
            '{"type":"news","data":{"n":1.0,"text":"é/\""},"room":"lobby"}',
            '{"type":"a","data":null,"room":"lobby"}',
            '{"type":"c","data":null}',
        ], [$alice[0]->receive(), $alice[0]->receive(), $alice[0]->receive()]);
        self::assertSame([
            '{"type":"news","data":{"n":1.0,"text":"é/\""},"room":"lobby"}',
            '{"type":"more","data":null,"room":"lobby"}',
            '{"type":"hello","data":[1]}',
        ], [$bob[0]->receive(), $bob[0]->receive(), $bob[0]->receive()]);

        $listed = $publisher->connections('lobby');
        $users = array_column($listed, 'user');
        sort($users);
        self::assertSame(['alice', 'bob', 'carol'], $users);
        self::assertSame(['lobby'], $listed[0]['rooms']);
        self::assertSame([], $publisher->connections('nowhere'));
        self::assertSame(1, $publisher->disconnectUser('bob', 4001, 'bye'));
        self::assertNull($bob[0]->receive());
        self::assertSame([4001, 'bye'], [$bob[0]->closeCode(), $bob[0]->closeReason()]);
    }

    /**
     * @return iterable<string, array{string}>
     */
    public static function listeners(): iterable
    {
        yield 'Unix socket' => ['unix://'.sys_get_temp_dir().'/ferry-publish-'.bin2hex(random_bytes(6)).'.sock'];
        yield 'TCP' => ['127.0.0.1:0'];
    }

    /**
     * @dataProvider listeners
     */
    #[DataProvider('listeners')]
    public function testAProcessWithoutTheExtensionPublishes(string $listen): void
    {
        $this->serve($listen);
        [$alice] = $this->client('/alice');

        // -n: no ini file, and so not a single shared extension.
        $publisher = new Process([\PHP_BINARY, '-n', \dirname(__DIR__).'/Fixtures/publish-without-extension.php', $this->control, self::SECRET]);

        self::assertSame(0, $publisher->waitForExit(), $publisher->output());
        self::assertSame('{"extension":false,"delivered":1,"users":["alice"]}', trim($publisher->output()));
        self::assertSame('{"type":"news","data":{"n":1.5,"text":"é/\""},"room":"lobby"}', $alice->receive());
    }

    public function testOneConnectionServesManyRequestsAndSurvivesTheServersIdleTimeout(): void
    {
        $publisher = $this->serve('127.0.0.1:0', ['control' => ['idle_timeout' => 0.05]]);

        for ($n = 0; $n < 50; ++$n) {
            self::assertSame(0, $publisher->publish('lobby', 'e', $n));
        }

        // Closed for idling, as the one before it has been then.
        $later = stream_socket_client(str_replace('http', 'tcp', $this->control));
        self::assertNotFalse($later);
        stream_set_timeout($later, 20);
        fwrite($later, "GET /status HTTP/1.1\r\nHost: x\r\n\r\n");
        self::assertStringContainsString('401', (string) stream_get_contents($later));
        self::assertTrue(feof($later), 'the server has closed it');
        self::assertSame(0, $publisher->publish('lobby', 'e'));
        $status = $this->controlClient()->request('GET', '/status');
        self::assertSame(51, $status['control']['publishes']);
    }

    public function testRefusalsAreTyped(): void
    {
        $this->serve('127.0.0.1:0', ['control' => ['max_body_bytes' => 1024]]);
        $factory = new PublisherFactory();
        $refused = function (callable $publish): array {
            try {
                $publish();
            } catch (PublishRefusedException $e) {
                return [$e->getCode(), $e->problem];
            }

            self::fail('It was not refused');
        };
        $wrong = $factory->create($this->control, str_repeat('x', 32));
        $right = $factory->create($this->control, self::SECRET);
        self::assertSame([401, 'signature'], $refused(static fn () => $wrong->publish('lobby', 'e')));
        self::assertSame([413, 'too_large'], $refused(static fn () => $right->publish('lobby', 'e', str_repeat('x', 1024))));
        self::assertSame([422, 'malformed'], $refused(fn () => $this->controlClient()->request('POST', '/publish', '{"event":1}')));
        self::assertSame([422, 'malformed'], $refused(static fn () => $right->disconnectUser('u', 1006)));
        self::assertSame(0, $right->publish('lobby', 'e'), 'the next one is taken');
    }

    public function testNoServerIsATypedException(): void
    {
        $this->serve('127.0.0.1:0');
        $publisher = (new PublisherFactory())->create($this->control, self::SECRET, 0.5);
        self::assertSame(0, $publisher->publish('lobby', 'e'));
        $this->server?->signal(\SIGKILL);
        $this->server?->waitForExit();

        $this->expectException(PublisherUnreachableException::class);
        $publisher->publish('lobby', 'e');
    }

    public function testASilentServerIsNotWaitedForLonger(): void
    {
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        self::assertNotFalse($silent);
        $client = ControlClient::fromDsn('http://'.stream_socket_get_name($silent, false), self::SECRET, 0.05);

        $this->expectException(PublisherUnreachableException::class);
        $this->expectExceptionMessage('did not answer in time');
        $client->request('GET', '/status');
    }

    /**
     * @param array<string, mixed> $options
     */
    private function serve(string $listen, array $options = []): Publisher
    {
        $this->server = new Process([...Extension::php(), \dirname(__DIR__).'/Fixtures/publishing.php', $listen, self::SECRET, json_encode($options, \JSON_FORCE_OBJECT | \JSON_THROW_ON_ERROR)]);
        [, $this->address, $control] = $this->server->waitFor('/started (\S+) (\S+)/');
        $this->control = str_starts_with($control, 'unix:') ? $control : 'http://'.$control;

        return (new PublisherFactory())->create($this->control, self::SECRET);
    }

    private function controlClient(): ControlClient
    {
        return ControlClient::fromDsn($this->control, self::SECRET);
    }

    /**
     * @return array{WsClient, string} client and its connection's id
     */
    private function client(string $path): array
    {
        $client = WsClient::connect($this->address.$path);

        return [$client, (string) $client->receive()];
    }
}
