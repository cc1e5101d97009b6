<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\HandlerInterface;
use Ferry\Runner\NativeServer;
use Ferry\Runner\Progress;
use Ferry\Runner\ServerInterface;

/**
 * The real server, whose run() does not run: the fiber that called it is suspended until the server has stopped, and the test
 * polls meanwhile.
 *
 * @internal
 */
final class PumpedServer implements ServerInterface
{
    public readonly NativeServer $native;

    /**
     * @param array<string, mixed> $options see \Ferry\WsServer
     */
    public function __construct(array $options)
    {
        $this->native = new NativeServer($options);
    }

    public function on(string $event, \Closure $callback): void
    {
        $this->native->on($event, $callback);
    }

    public function introduceTo(HandlerInterface $handler): void
    {
        $this->native->introduceTo($handler);
    }

    public function listen(): string
    {
        return $this->native->listen();
    }

    public function run(): void
    {
        while ($this->native->server->isRunning()) {
            \Fiber::suspend();
        }
    }

    public function stop(float $grace, int $code = 1001): void
    {
        $server = $this->native->server;
        // Outside of a callback stop() blocks until the clients have answered, and they are in this process.
        $server->after(0.0, static fn () => $server->stop($code, '', $grace));
    }

    public function after(float $seconds, \Closure $callback): void
    {
        $this->native->after($seconds, $callback);
    }

    public function every(float $seconds, \Closure $callback): void
    {
        $this->native->every($seconds, $callback);
    }

    public function progress(): Progress
    {
        return $this->native->progress();
    }
}
