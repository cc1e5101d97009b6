<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\Exception\ConnectionException;
use Ferry\HandlerInterface;
use Ferry\Runner;
use PHPUnit\Framework\Assert;
use PHPUnit\Framework\Attributes\After;
use PHPUnit\Framework\Attributes\PostCondition;

/**
 * For a PHPUnit test of what an application does over WebSockets. The server runs in the process of the test, on a free port,
 * from the first wsConnect() to the end of the test.
 *
 *     final class ChatTest extends KernelTestCase
 *     {
 *         use WsTestTrait;
 *
 *         public function testMessagesReachTheRoom(): void
 *         {
 *             $alice = $this->wsConnect('/chat/5', token: $this->tokenOf('alice'));
 *             $bob = $this->wsConnect('/chat/5', token: $this->tokenOf('bob'));
 *             $alice->sendJson(['type' => 'say', 'data' => ['text' => 'hi']]);
 *             $bob->assertReceivedJson(['type' => 'said', 'data' => ['text' => 'hi']]);
 *         }
 *     }
 *
 * In a KernelTestCase it serves what `bin/console ws:serve` serves. Elsewhere override wsHandler().
 */
trait WsTestTrait
{
    use PublishAssertions;

    private ?TestServer $wsServer = null;

    /**
     * What to serve: the runner of the container, or a handler.
     */
    protected function wsHandler(): Runner|HandlerInterface
    {
        if (!method_exists(static::class, 'getContainer')) {
            Assert::fail(sprintf('%s is no KernelTestCase: override wsHandler() to say what to serve.', static::class));
        }

        return static::getContainer()->get(Runner::class);
    }

    /**
     * @return array<string, mixed> options of \Ferry\WsServer that differ in this test
     */
    protected function wsOptions(): array
    {
        return [];
    }

    /** Starts the server if it does not run yet. */
    protected function wsServer(): TestServer
    {
        return $this->wsServer ??= TestServer::start($this->wsHandler(), $this->wsOptions());
    }

    /**
     * @param ?string               $token        sent as "Authorization: Bearer"
     * @param array<string, string> $headers
     * @param list<string>          $subprotocols
     *
     * @throws ConnectionException when refused; getCode() is the HTTP status
     */
    protected function wsConnect(string $path = '/', #[\SensitiveParameter] ?string $token = null, array $headers = [], array $subprotocols = []): TestClient
    {
        return $this->wsServer()->connect($path, $token, $headers, $subprotocols);
    }

    /**
     * @param array<string, string> $headers
     * @param list<string>          $subprotocols
     */
    protected function assertWsRefused(int $status, string $path = '/', #[\SensitiveParameter] ?string $token = null, array $headers = [], array $subprotocols = []): void
    {
        try {
            $this->wsConnect($path, $token, $headers, $subprotocols);
        } catch (ConnectionException $e) {
            Assert::assertSame($status, $e->getCode(), $e->getMessage());

            return;
        }

        Assert::fail(sprintf('The connection to %s was accepted instead of refused with %d.', $path, $status));
    }

    /**
     * Serves until the condition holds; for what is seen in no message.
     *
     * @param \Closure(): bool $condition
     */
    protected function wsWaitUntil(\Closure $condition, string $what = 'the condition holds'): void
    {
        $this->wsServer()->waitUntil($condition, $what);
    }

    /**
     * While the container still works, so that onClose may use it.
     *
     * @postCondition
     *
     * @internal
     */
    #[PostCondition]
    protected function stopWsServer(): void
    {
        $server = $this->wsServer;
        $this->wsServer = null;
        $server?->stop();
    }

    /**
     * After a failed test nothing more is called.
     *
     * @after
     *
     * @internal
     */
    #[After]
    protected function dropWsServer(): void
    {
        $this->wsServer = null;
    }
}
