<?php

declare(strict_types=1);

namespace Ferry\Middleware;

/**
 * Something that middleware attaches to an envelope, for other middleware and listeners.
 */
interface StampInterface
{
}
