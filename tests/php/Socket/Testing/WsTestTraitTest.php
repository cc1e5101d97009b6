<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket\Testing;

use Ferry\HandlerInterface;
use Ferry\Runner;
use Ferry\Testing\TestServer;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\DoorHandler;
use Ferry\Tests\Fixtures\EchoHandler;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\RecordingListener;
use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\TestCase;

final class WsTestTraitTest extends TestCase
{
    use WsTestTrait;

    private const KEY = 'a secret of at least thirty-two bytes';

    private RecordingListener $listener;

    /** @var array<string, mixed> */
    private array $options = [];

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->listener = new RecordingListener();
    }

    protected function wsHandler(): Runner|HandlerInterface
    {
        return new Runner(new DoorHandler(), ['listen' => ['127.0.0.1:80'], 'metrics' => true, 'slow_ms' => 1000], [$this->listener]);
    }

    protected function wsOptions(): array
    {
        return $this->options;
    }

    public function testMessagesComeInOrderAndAreTakenOnce(): void
    {
        $client = $this->wsConnect('/alice');
        $client->send('one')->send('two')->sendJson(['type' => 'three', 'n' => 3]);

        $client->assertReceived('two');
        self::assertSame('hello alice', $client->receive());
        self::assertSame(['type' => 'three', 'n' => 3], $client->assertReceivedJson(['n' => 3]));
        self::assertSame('one', $client->receive());
        $client->assertNothingReceived()->assertOpen();
        self::assertSame([], $this->wsServer()->failures());
    }

    public function testATokenIsSentAsBearer(): void
    {
        $this->options = ['jwt' => ['algorithms' => ['HS256'], 'key' => self::KEY]];

        self::assertSame('hello carol', $this->wsConnect('/', token: self::jwt('carol'))->receive());
        $this->assertWsRefused(401, '/', token: 'no token');
        $this->assertWsRefused(401);
    }

    public function testRefusalsAreSeenWithTheirStatus(): void
    {
        $this->assertWsRefused(403, '/forbidden');
        $this->assertWsRefused(418, '/teapot');

        $failure = self::failure(fn () => $this->assertWsRefused(403, '/teapot'));
        self::assertStringContainsString('418', $failure);
        self::assertSame('The connection to /alice was accepted instead of refused with 403.', self::failure(fn () => $this->assertWsRefused(403, '/alice')));
    }

    public function testClosesAreSeenWithCodeAndReason(): void
    {
        $client = $this->wsConnect();
        $other = $this->wsConnect();
        $this->wsWaitUntil(fn (): bool => 2 === $this->wsServer()->server()->count(), 'both are open');
        $this->wsServer()->server()->connections()[0]->close(4401, 'token expired');

        $client->assertClosed(4401, 'token expired')->assertReceived('hello stranger');

        self::assertStringContainsString('The connection was closed with 4401 token expired', self::failure(static fn () => $client->assertOpen()));
        self::assertStringContainsString('The connection was closed with 4401 token expired', self::failure(static fn () => $client->assertClosed(4000)));
        self::assertStringContainsString('before the connection was closed with 4401', self::failure(static fn () => $client->receive()));
        self::assertStringContainsString('The connection is open. Received: '."\n  hello stranger", self::failure(static fn () => $other->assertClosed(timeout: 0.2)));
    }

    public function testAFailureShowsWhatCameInsteadAndWhatTheHandlerThrew(): void
    {
        $client = $this->wsConnect();
        $client->send('throw');
        $client->assertReceived('error: asked to throw');

        $failure = self::failure(static fn () => $client->assertReceivedJson(['a' => 1], 0.2));
        self::assertStringContainsString("{\"a\":1} was not received within 0.2 s. Received: \n  hello stranger", $failure);
        self::assertStringContainsString('DomainException: asked to throw in ', $failure);
        self::assertStringContainsString('not JSON', self::failure(static fn () => $client->receiveJson()));
        self::assertStringContainsString('until pigs fly', self::failure(fn () => $this->wsServer()->waitUntil(static fn (): bool => false, 'pigs fly', 0.05)));
    }

    public function testAnAssertionInsideTheHandlerFailsTheTest(): void
    {
        $server = TestServer::start(new class() extends EchoHandler {
            public function onMessage(\Ferry\Connection $connection, string $data, bool $binary): void
            {
                TestCase::assertSame('expected', $data, 'in the handler');
            }
        });
        $client = $server->connect();
        $client->receive();
        $client->send('something else');

        self::assertStringStartsWith('in the handler', self::failure(static fn () => $client->assertReceived('never')));
        $server->stop();
    }

    public function testStoppingTellsClientsAndListeners(): void
    {
        $client = $this->wsConnect();
        $client->send('last words')->assertReceived('last words');
        $this->stopWsServer();

        self::assertSame('hello stranger', $client->receive());
        $client->assertClosed(1001);
        self::assertContains(['handled', 'close'], $this->listener->calls);
        self::assertSame(['stopped', 'the test has ended'], $this->listener->calls[array_key_last($this->listener->calls)]);
    }

    public function testAHandlerThatStopsTheRunnerEndsTheServer(): void
    {
        $server = TestServer::start(new Runner(new DoorHandler(), [], [new \Ferry\Runner\MessageLimit(1)]));
        $client = $server->connect('/');
        $client->send('the only one');

        $client->assertClosed(1001);
        $server->stop();

        self::assertFalse($server->server()->isRunning());
    }

    public function testADroppedServerEndsWithoutCallbacks(): void
    {
        $client = $this->wsConnect();
        $calls = \count($this->listener->calls);
        $this->dropWsServer();
        gc_collect_cycles();

        self::assertCount($calls, $this->listener->calls);
        $client->assertClosed();
    }

    public function testSubprotocolsAreOffered(): void
    {
        $this->options = ['subprotocols' => ['chat', 'wamp']];

        self::assertSame('wamp', $this->wsConnect('/', subprotocols: ['soap', 'wamp'])->subprotocol());
    }

    private static function failure(\Closure $assert): string
    {
        try {
            $assert();
        } catch (AssertionFailedError $e) {
            return $e->getMessage();
        }

        self::fail('The assertion held.');
    }

    private static function jwt(string $user): string
    {
        $encode = static fn (string $data): string => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
        $signed = $encode('{"alg":"HS256"}').'.'.$encode(json_encode(['sub' => $user, 'exp' => time() + 60]));

        return $signed.'.'.$encode(hash_hmac('sha256', $signed, self::KEY, true));
    }
}
