<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Connection;
use Ferry\Handler\Session;

/** A connection is open. Its handler is called next. */
final class ConnectionOpened
{
    /** @param Connection $connection */
    public function __construct(public readonly object $connection, public readonly Session $session)
    {
    }
}
