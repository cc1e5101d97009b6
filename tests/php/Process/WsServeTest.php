<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Exception\ConnectionException;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\WsClient;
use PHPUnit\Framework\TestCase;

/**
 * The command in a process of its own, with real clients and signals.
 */
final class WsServeTest extends TestCase
{
    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    public function testItServesTheHandler(): void
    {
        [$server, $address] = $this->serve();
        $client = WsClient::connect($address.'/alice');

        self::assertSame('hello alice', $client->receive());
        $client->send('ping?');
        self::assertSame('ping?', $client->receive());
        $client->close();
        self::assertSame(1000, $client->closeCode());
    }

    public function testHandlerDecidesAboutHandshakes(): void
    {
        [$server, $address] = $this->serve();

        foreach (['/forbidden' => 403, '/teapot' => 418] as $path => $status) {
            try {
                WsClient::connect($address.$path);
                self::fail($path.' was let in.');
            } catch (ConnectionException $e) {
                self::assertSame($status, $e->getCode());
            }
        }
    }

    public function testSignalsStopItGracefully(): void
    {
        foreach ([\SIGTERM => 'SIGTERM', \SIGINT => 'SIGINT'] as $signal => $name) {
            [$server, $address] = $this->serve();
            $client = WsClient::connect($address);
            self::assertSame('hello stranger', $client->receive());

            $server->signal($signal);

            self::assertNull($client->receive());
            self::assertSame(1001, $client->closeCode());
            self::assertSame(0, $server->waitForExit(), $server->output());
            self::assertStringContainsString("received $name", $server->output());
            self::assertStringContainsString('1 connection closed in order, 0 cut.', $server->output());
        }
    }

    public function testIdleServerStopsOnSignalWithinASecond(): void
    {
        [$server] = $this->serve();
        $start = microtime(true);

        $server->signal(\SIGTERM);

        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertLessThan(1.0, microtime(true) - $start);
    }

    public function testSecondSignalEndsAtOnce(): void
    {
        [$server, $address] = $this->serve();
        $deaf = $this->clientThatIgnoresTheClose($address);

        $server->signal(\SIGTERM);
        self::assertSame("\x88", fread($deaf, 1), 'the close frame, so the drain has begun');
        $start = microtime(true);
        $server->signal(\SIGTERM);

        self::assertSame(128 + \SIGTERM, $server->waitForExit(), $server->output());
        self::assertLessThan(3.0, microtime(true) - $start, 'the grace is 5 s');
    }

    public function testMessageLimitAnswersTheLastMessageAndStops(): void
    {
        [$server, $address] = $this->serve('--limit=2');
        $client = WsClient::connect($address);
        $client->send('one');
        $client->send('two');

        self::assertSame(['hello stranger', 'one', 'two', null], [$client->receive(), $client->receive(), $client->receive(), $client->receive()]);
        self::assertSame(1001, $client->closeCode());
        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertStringContainsString('2 messages handled', $server->output());
    }

    public function testFailureLimitStopsAfterTheHandlerHeardOfIt(): void
    {
        [$server, $address] = $this->serve('--failure-limit=1');
        $client = WsClient::connect($address);
        $client->send('throw');

        self::assertSame(['hello stranger', 'error: asked to throw', null], [$client->receive(), $client->receive(), $client->receive()]);
        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertStringContainsString('DomainException: asked to throw', $server->output());
    }

    public function testTimeLimitStopsAnIdleServer(): void
    {
        [$server] = $this->serve('--time-limit=1');

        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertStringContainsString('time limit of 1 s reached', $server->output());
    }

    public function testMemoryLimitStops(): void
    {
        [$server] = $this->serve('--memory-limit=1K');

        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertStringContainsString('memory limit of 1024 bytes exceeded', $server->output());
    }

    public function testVerboseShowsCountsAndSlowHandlers(): void
    {
        [$server, $address] = $this->serve('-v');
        $client = WsClient::connect($address);
        $client->send('slow');

        $server->waitFor('/slow: the handler took \d+ ms for "message"/');
        $server->waitFor('/1 connection, 1 in \(.*\), 2 out/');
        $server->signal(\SIGTERM);
        self::assertNull($this->drain($client));
        self::assertSame(0, $server->waitForExit(), $server->output());
    }

    public function testAddressInUseIsAnErrorThatNamesIt(): void
    {
        $taken = stream_socket_server('tcp://127.0.0.1:0');
        self::assertNotFalse($taken);
        $port = (string) preg_replace('/.*:/', '', (string) stream_socket_get_name($taken, false));

        $server = new Process([...Extension::php(), $this->console(), 'ws:serve', '--port='.$port]);

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('127.0.0.1:'.$port, $server->output());
    }

    public function testMissingExtensionIsReportedWithARemedy(): void
    {
        // -n: no ini file, so no extension, wherever this machine loads it from. Console needs these four.
        $server = new Process([\PHP_BINARY, '-n', '-d', 'extension=mbstring', '-d', 'extension=ctype', '-d', 'extension=iconv', '-d', 'extension=intl', $this->console(), 'ws:serve']);

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('php -d extension=', $server->output());
        self::assertStringNotContainsString('Fatal error', $server->output());
    }

    /**
     * @return array{Process, string} the server and its address
     */
    private function serve(string ...$options): array
    {
        $server = new Process([...Extension::php(), $this->console(), 'ws:serve', ...$options]);

        return [$server, $server->waitFor('~Listening on (ws://[\d.:]+)~')[1]];
    }

    private function console(): string
    {
        return \dirname(__DIR__).'/Fixtures/console.php';
    }

    private function drain(WsClient $client): ?string
    {
        do {
            $message = $client->receive();
        } while (null !== $message);

        return $message;
    }

    /**
     * @return resource a socket after the handshake and the greeting
     */
    private function clientThatIgnoresTheClose(string $address)
    {
        $socket = stream_socket_client(str_replace('ws://', 'tcp://', $address));
        self::assertNotFalse($socket);
        stream_set_timeout($socket, 10);
        fwrite($socket, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        self::assertStringContainsString(' 101 ', (string) fgets($socket));

        do {
            $line = fgets($socket);
        } while ("\r\n" !== $line);

        self::assertSame('hello stranger', substr((string) fread($socket, 2 + 14), 2));

        return $socket;
    }
}
