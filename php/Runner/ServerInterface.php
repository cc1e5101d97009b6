<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\HandlerInterface;

/**
 * What the Runner needs of WsServer, which is final: the seam that lets the Runner be tested without the extension.
 *
 * @internal
 */
interface ServerInterface
{
    /**
     * @param 'handshake'|'open'|'message'|'close'|'error'|'authenticate' $event
     */
    public function on(string $event, \Closure $callback): void;

    /** Hands the server to a handler that asked for it. */
    public function introduceTo(HandlerInterface $handler): void;

    public function listen(): string;

    /** @see \Ferry\WsServer::run() */
    public function run(): void;

    /** @param int $code close code that clients get */
    public function stop(float $grace, int $code = 1001): void;

    public function after(float $seconds, \Closure $callback): void;

    public function every(float $seconds, \Closure $callback): void;

    public function progress(): Progress;
}
