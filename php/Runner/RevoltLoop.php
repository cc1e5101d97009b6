<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\WsServer;
use Revolt\EventLoop;

/**
 * Runs a server inside of Revolt's event loop, so that libraries built on it work in handlers.
 *
 * @internal
 */
final class RevoltLoop
{
    /** Signals and a stop go on with time, not only with events. */
    private const HEARTBEAT = 0.1;

    public static function isInstalled(): bool
    {
        return class_exists(EventLoop::class);
    }

    /** Until the server has stopped; SIGINT and SIGTERM stop it, unless the application handles them. */
    public function run(WsServer $server): void
    {
        $server->listen();
        $suspension = EventLoop::getSuspension();
        $ended = false;
        $poll = static function () use ($server, $suspension, &$ended): void {
            if ($ended) {
                return;
            }

            try {
                $server->poll(0);

                if (!$server->isRunning()) {
                    $ended = true;
                    $suspension->resume();
                }
            } catch (\Throwable $e) {
                $ended = true;
                $suspension->throw($e);
            }
        };
        $watchers = [
            EventLoop::onReadable($server->stream(), $poll),
            EventLoop::repeat(self::HEARTBEAT, $poll),
            ...self::watchSignals($server),
        ];

        try {
            $suspension->suspend();
        } finally {
            $ended = true;
            array_walk($watchers, EventLoop::cancel(...));
        }
    }

    /** @return list<string> */
    private static function watchSignals(WsServer $server): array
    {
        if (!\function_exists('pcntl_signal_get_handler')) {
            return [];
        }

        $watchers = [];

        foreach ([\SIGINT, \SIGTERM] as $signal) {
            if (\SIG_DFL === pcntl_signal_get_handler($signal)) {
                // From inside of a poll: there it does not block the loop.
                $watchers[] = EventLoop::onSignal($signal, static fn () => $server->after(0.0, static fn () => $server->stop()));
            }
        }

        return $watchers;
    }
}
