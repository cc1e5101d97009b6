<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Connection;
use Ferry\Handler\Session;

/** A connection is closed, and its handler has been told. */
final class ConnectionClosed
{
    /**
     * @param Connection $connection
     * @param int        $code       as HandlerInterface::onClose() has it
     */
    public function __construct(
        public readonly object $connection,
        public readonly Session $session,
        public readonly int $code,
        public readonly string $reason,
    ) {
    }
}
