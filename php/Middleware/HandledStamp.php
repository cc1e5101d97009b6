<?php

declare(strict_types=1);

namespace Ferry\Middleware;

/**
 * The handler's method has returned this. Middleware may add another one: the last is sent.
 */
final class HandledStamp implements StampInterface
{
    public function __construct(public readonly mixed $result)
    {
    }
}
