<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Ferry\Auth\TicketLockInterface;

/**
 * Held by somebody else, always.
 */
final class BusyLock implements TicketLockInterface
{
    public function acquire(string $name): ?\Closure
    {
        return null;
    }
}
