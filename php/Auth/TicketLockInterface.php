<?php

declare(strict_types=1);

namespace Ferry\Auth;

/**
 * Keeps two processes from looking for the same ticket in a cache pool at the same time.
 */
interface TicketLockInterface
{
    /**
     * Never waits.
     *
     * @return ?\Closure(): void gives it back; null while another process has it
     */
    public function acquire(string $name): ?\Closure;
}
