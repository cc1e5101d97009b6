<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Runner;

/** The server listens. */
final class ServerStarted
{
    /** @param string $address 'ws://127.0.0.1:8080' or 'unix:/path' */
    public function __construct(public readonly Runner $runner, public readonly string $address)
    {
    }
}
