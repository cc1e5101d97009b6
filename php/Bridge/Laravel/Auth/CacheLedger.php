<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Auth\TicketLedgerInterface;
use Illuminate\Contracts\Cache\Repository;

/**
 * Used tickets in Laravel's cache, whose add() is atomic in all stores that processes can share.
 */
final class CacheLedger implements TicketLedgerInterface
{
    public function __construct(private readonly Repository $cache)
    {
    }

    public function take(string $nonce, int $seconds): bool
    {
        return $this->cache->add('ferry.ticket.'.$nonce, true, $seconds);
    }
}
