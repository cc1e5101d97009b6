<?php

declare(strict_types=1);

namespace Ferry\Middleware;

/**
 * The middleware that is left to run.
 */
interface StackInterface
{
    /** The next middleware; after the last one, that which calls the handler. */
    public function next(): MiddlewareInterface;
}
