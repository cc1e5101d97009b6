<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\Runner;

/**
 * Watches a Runner and may stop it. Override what you need.
 *
 * Everything is called on the PHP thread, between two callbacks of the handler, so what is slow here delays the handler
 * too. Listeners are called in the order in which the Runner got them.
 */
abstract class Listener
{
    /**
     * Whether handling(), handled() and slow() are to be called at all: asked once per run. Where nobody listens, messages
     * are not timed.
     */
    public function watchesEvents(): bool
    {
        foreach (['handling', 'handled', 'slow'] as $method) {
            if (self::class !== (new \ReflectionMethod($this, $method))->class) {
                return true;
            }
        }

        return false;
    }

    /**
     * Whether handled() uses the time that it is told, or slow() is to be called; asked once per run. When no listener does,
     * messages are not timed and handled() is told 0.0.
     */
    public function watchesTime(): bool
    {
        return $this->watchesEvents();
    }

    /**
     * Whether handling() is to be called; asked once per run.
     */
    public function watchesBeginnings(Runner $runner): bool
    {
        return self::class !== (new \ReflectionMethod($this, 'handling'))->class;
    }

    /**
     * The server listens, and the loop runs.
     *
     * @param string $address the real one, 'ws://127.0.0.1:8080' or 'unix:/path'
     */
    public function started(Runner $runner, string $address): void
    {
    }

    /**
     * The handler is about to get an event.
     *
     * @param 'handshake'|'open'|'message'|'close' $event
     */
    public function handling(Runner $runner, string $event): void
    {
    }

    /**
     * The handler has finished one event, well or not.
     *
     * @param 'handshake'|'open'|'message'|'close' $event
     */
    public function handled(Runner $runner, string $event, float $seconds): void
    {
    }

    /**
     * The handler took longer for one event than the option slow_ms allows. Called after handled().
     *
     * @param 'handshake'|'open'|'message'|'close' $event
     */
    public function slow(Runner $runner, string $event, float $seconds): void
    {
    }

    /** The handler or a timer has thrown. Called before HandlerInterface::onError(). */
    public function failed(Runner $runner, \Throwable $error): void
    {
    }

    /** About once per second, busy or idle. */
    public function ticked(Runner $runner, Progress $progress): void
    {
    }

    /**
     * Runner::stop() was called: connections are still open. Not called when the server stops by itself, and before
     * started() when the stop came before it.
     */
    public function stopping(Runner $runner, string $reason): void
    {
    }

    /**
     * All connections are closed; the last call.
     *
     * @param ?string $reason what Runner::stop() was told, null when the server stopped by itself
     */
    public function stopped(Runner $runner, ?string $reason): void
    {
    }
}
