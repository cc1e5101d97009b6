<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Runner;

/**
 * The server has been told to stop. Connections are still open, unless it stopped by itself.
 */
final class ServerStopping
{
    /** @param ?string $reason what Runner::stop() was told */
    public function __construct(public readonly Runner $runner, public readonly ?string $reason)
    {
    }
}
