<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\WsClient;
use PHPUnit\Framework\Assert;

/**
 * A WebSocket client whose waiting is bounded and whose failures show what came instead.
 *
 * What an assertion has found is taken out of what was received; the rest stays for later calls, in order.
 */
final class TestClient
{
    /** @var list<Frame> received and not asked for yet */
    private array $waiting = [];

    private function __construct(private readonly WsClient $client, private readonly ?FailureRecorder $failures)
    {
    }

    /**
     * @param string                $url     ws://host:port/path
     * @param array<string, string> $headers
     * @param list<string>          $subprotocols
     *
     * @throws \Ferry\Exception\ConnectionException when refused; getCode() is the HTTP status
     */
    public static function connect(string $url, array $headers = [], array $subprotocols = [], float $timeout = TestServer::TIMEOUT, ?FailureRecorder $failures = null): self
    {
        return new self(WsClient::connect($url, $headers, $subprotocols, $timeout), $failures);
    }

    public function send(string $data, bool $binary = false): static
    {
        $this->client->send($data, $binary);

        return $this;
    }

    /**
     * @throws \JsonException
     */
    public function sendJson(mixed $data): static
    {
        return $this->send(json_encode($data, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE));
    }

    /** The next message; the test fails when none comes. */
    public function receive(float $timeout = TestServer::TIMEOUT): string
    {
        return $this->take(static fn (): bool => true, 'a message', $timeout)->data;
    }

    /** The next message, decoded; the test fails when none comes or it is not JSON. */
    public function receiveJson(float $timeout = TestServer::TIMEOUT): mixed
    {
        $data = $this->receive($timeout);

        try {
            return json_decode($data, true, 512, \JSON_THROW_ON_ERROR);
        } catch (\JsonException $e) {
            Assert::fail(sprintf('The message is not JSON (%s): %s', $e->getMessage(), (new Frame($data))->describe()));
        }
    }

    /**
     * Waits for a message; others may come before it and stay for later calls.
     *
     * @param string|\Closure(string): bool $expected the data, or what must be true of it
     *
     * @return string the data
     */
    public function assertReceived(string|\Closure $expected, float $timeout = TestServer::TIMEOUT): string
    {
        $test = \is_string($expected) ? static fn (string $data): bool => $data === $expected : $expected;

        return $this->take(static fn (Frame $frame): bool => true === $test($frame->data), \is_string($expected) ? '"'.$expected.'"' : 'a message that fits', $timeout)->data;
    }

    /**
     * Waits for a message with at least this JSON (see JsonSubset); others may come before it and stay for later calls.
     *
     * @return mixed the whole message, decoded
     */
    public function assertReceivedJson(mixed $expected, float $timeout = TestServer::TIMEOUT): mixed
    {
        $what = $expected instanceof \Closure ? 'JSON that fits' : json_encode($expected, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PARTIAL_OUTPUT_ON_ERROR);

        return $this->take(static fn (Frame $frame): bool => JsonSubset::matches($expected, $frame->json()), $what, $timeout)->json();
    }

    /** Nothing that was not asked for is there, and nothing comes for a while. */
    public function assertNothingReceived(float $within = 0.1): static
    {
        $deadline = microtime(true) + $within;

        while ([] === $this->waiting && ($left = $deadline - microtime(true)) > 0 && $this->read($left)) {
        }

        Assert::assertSame([], $this->waiting, 'Received: '.Frame::describeAll($this->waiting));

        return $this;
    }

    /**
     * Waits until the server has closed the connection.
     *
     * @param ?int    $code   any without one; 1006 for a lost connection
     * @param ?string $reason any without one
     */
    public function assertClosed(?int $code = null, ?string $reason = null, float $timeout = TestServer::TIMEOUT): static
    {
        $deadline = microtime(true) + $timeout;

        while (null === $this->client->closeCode() && ($left = $deadline - microtime(true)) > 0) {
            $this->read($left);
        }

        $this->failures?->throwAssertion();
        $context = 'Received: '.Frame::describeAll($this->waiting).$this->failures?->describe();
        Assert::assertNotNull($this->client->closeCode(), 'The connection is open. '.$context);
        null === $code || Assert::assertSame($code, $this->client->closeCode(), sprintf('The connection was closed with %d %s. %s', $this->client->closeCode(), $this->client->closeReason(), $context));
        null === $reason || Assert::assertSame($reason, $this->client->closeReason(), 'The connection was closed with another reason. '.$context);

        return $this;
    }

    public function assertOpen(): static
    {
        $this->readAhead();
        Assert::assertNull($this->client->closeCode(), sprintf('The connection was closed with %d %s.%s', $this->client->closeCode() ?? 0, $this->client->closeReason() ?? '', $this->failures?->describe()));

        return $this;
    }

    public function close(int $code = 1000, string $reason = ''): void
    {
        $this->client->close($code, $reason, TestServer::TIMEOUT);
    }

    public function subprotocol(): ?string
    {
        return $this->client->subprotocol();
    }

    /**
     * @internal takes what has arrived, and answers a close frame
     */
    public function readAhead(): void
    {
        // Goes on behind the close frame, up to the end of the stream, which the server waits for.
        while ($this->read(0.0)) {
        }
    }

    /**
     * @param \Closure(Frame): bool $fits
     */
    private function take(\Closure $fits, string $what, float $timeout): Frame
    {
        $deadline = microtime(true) + $timeout;
        $seen = 0;

        do {
            for (; $seen < \count($this->waiting); ++$seen) {
                if ($fits($this->waiting[$seen])) {
                    Assert::assertTrue(true);

                    return array_splice($this->waiting, $seen, 1)[0];
                }
            }

            $open = null === $this->client->closeCode();
            $left = $deadline - microtime(true);
            $come = $open && $left > 0 && $this->read($left);
            $this->failures?->throwAssertion();
        } while ($come);

        Assert::fail(sprintf(
            '%s was not received%s. Received: %s%s',
            $what,
            null === $this->client->closeCode() ? sprintf(' within %s s', $timeout) : sprintf(' before the connection was closed with %d %s', $this->client->closeCode(), $this->client->closeReason()),
            Frame::describeAll($this->waiting),
            $this->failures?->describe(),
        ));
    }

    /** Whether a message has come. */
    private function read(float $timeout): bool
    {
        $data = $this->client->receive($timeout);

        if (null === $data) {
            return false;
        }

        $this->waiting[] = new Frame($data);

        return true;
    }
}
