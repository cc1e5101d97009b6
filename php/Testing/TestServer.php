<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\ExtensionCheck;
use Ferry\HandlerInterface;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\WsServer;
use PHPUnit\Framework\Assert;
use PHPUnit\Framework\AssertionFailedError;

/**
 * A handler served on a free port in the process of the test, over real sockets.
 *
 * Callbacks run while the test waits: in the methods of its TestClients and in waitUntil(). So a test sets breakpoints in
 * handlers, shares objects with them and needs no sleep. Needs ext-ferry and PHPUnit.
 *
 *     $server = TestServer::start(new ChatHandler());
 *     $server->connect('/chat/5')->sendJson(['type' => 'say'])->assertReceivedJson(['type' => 'said']);
 *     $server->stop();
 */
final class TestServer
{
    /** What a condition may take before the test fails: much, so that a busy machine does not fail it. */
    public const TIMEOUT = 10.0;

    /** Not those of the application: its server may run on this machine, and clients of a test speak no TLS. */
    private const ADDRESS = ['host' => '127.0.0.1', 'port' => 0, 'listen' => null, 'unix' => null, 'control' => null, 'metrics' => false, 'tls' => null, 'proxy_protocol' => false];

    /** The real one, 'ws://127.0.0.1:43210'. */
    public readonly string $address;

    /** @var list<TestClient> */
    private array $clients = [];

    /**
     * @param \Fiber<void, void, void, void> $run the call of Runner::run(), suspended
     */
    private function __construct(
        private readonly Runner $runner,
        private readonly \Fiber $run,
        private readonly WsServer $server,
        private readonly FailureRecorder $failures,
    ) {
        $this->address = $server->listen();
    }

    /**
     * @param Runner|HandlerInterface $handler   a runner keeps its own options and listeners
     * @param array<string, mixed>    $options   of \Ferry\WsServer; win over those of the runner. The port is a free one without
     * @param iterable<Listener>      $listeners
     *
     * @throws \Ferry\Exception\ExceptionInterface when ext-ferry is missing or an option is wrong
     */
    public static function start(Runner|HandlerInterface $handler, array $options = [], iterable $listeners = []): self
    {
        ExtensionCheck::assertLoaded();

        $pumped = null;
        $runner = ($handler instanceof Runner ? $handler : new Runner($handler))->withServer(
            static function (array $options) use (&$pumped): PumpedServer {
                return $pumped = new PumpedServer($options);
            },
        );
        $failures = new FailureRecorder();
        $run = new \Fiber(static fn () => $runner->run($options + self::ADDRESS, [$failures, ...$listeners]));
        $run->start();
        $server = new self($runner, $run, $pumped->native->server, $failures);
        $server->waitUntil(static fn (): bool => $failures->started, 'the server has started');

        return $server;
    }

    /**
     * @param ?string               $token        sent as "Authorization: Bearer"
     * @param array<string, string> $headers
     * @param list<string>          $subprotocols
     *
     * @throws \Ferry\Exception\ConnectionException when refused; getCode() is the HTTP status
     */
    public function connect(string $path = '/', #[\SensitiveParameter] ?string $token = null, array $headers = [], array $subprotocols = [], float $timeout = self::TIMEOUT): TestClient
    {
        if (null !== $token) {
            $headers += ['Authorization' => 'Bearer '.$token];
        }

        return $this->clients[] = TestClient::connect($this->address.'/'.ltrim($path, '/'), $headers, $subprotocols, $timeout, $this->failures);
    }

    /**
     * Serves until the condition holds; the test fails when it does not in time.
     *
     * @param \Closure(): bool $condition
     * @param string           $what      for the message of the failure
     */
    public function waitUntil(\Closure $condition, string $what = 'the condition holds', float $timeout = self::TIMEOUT): void
    {
        $deadline = microtime(true) + $timeout;

        while (!$condition()) {
            if (microtime(true) > $deadline) {
                Assert::fail(sprintf('%s s were not enough until %s.%s', $timeout, $what, $this->failures->describe()));
            }

            $this->poll();
        }

        $this->failures->throwAssertion();
    }

    /** The server itself: its rooms, connections and counts. */
    public function server(): WsServer
    {
        return $this->server;
    }

    public function handler(): HandlerInterface
    {
        return $this->runner->handler();
    }

    /**
     * @return list<\Throwable> what the handler has thrown so far
     */
    public function failures(): array
    {
        return $this->failures->failures;
    }

    /**
     * Stops as ws:serve does on SIGTERM: queued messages are handled, then clients are told 1001 and onClose is called.
     *
     * @throws AssertionFailedError when an assertion inside the handler has failed
     */
    public function stop(): void
    {
        if ($this->server->isRunning()) {
            $this->runner->stop('the test has ended');
            $this->waitUntil(fn (): bool => !$this->server->isRunning(), 'the server has stopped');
        }

        // Goes on behind Runner::run(), where the listeners hear of the end.
        if ($this->run->isSuspended()) {
            $this->run->resume();
        }

        $this->failures->throwAssertion();
    }

    private function poll(): void
    {
        // Clients that do not read would not answer a close frame.
        foreach ($this->clients as $client) {
            $client->readAhead();
        }

        if ($this->server->isRunning()) {
            $this->server->poll(0.01);
        }
    }
}
