<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\Stats;

/**
 * How a running server is doing, read at one moment: the part of `Ferry\Stats` that limits and displays use.
 *
 * A class of its own because `Stats` cannot be made in PHP, and listeners are tested without a server.
 */
final readonly class Progress
{
    /**
     * @param float $uptime        seconds since the server listens
     * @param int   $dropped       messages that slow clients lost
     * @param int   $slowCallbacks that took longer than slow_ms
     * @param int   $drained       connections that closed in order when the server stopped
     * @param int   $cut           connections that did not close within the grace of the stop
     */
    public function __construct(
        public float $uptime = 0.0,
        public int $connections = 0,
        public int $messagesIn = 0,
        public int $messagesOut = 0,
        public int $dropped = 0,
        public int $slowCallbacks = 0,
        public int $drained = 0,
        public int $cut = 0,
    ) {
    }

    public static function fromStats(Stats $stats): self
    {
        return new self(
            uptime: $stats->uptime,
            connections: $stats->connections,
            messagesIn: $stats->messagesIn,
            messagesOut: $stats->messagesOut,
            dropped: $stats->dropped,
            slowCallbacks: $stats->slowCallbacks,
            drained: $stats->drained,
            cut: $stats->cut,
        );
    }
}
