<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Psr\Cache\CacheItemPoolInterface;

/**
 * Used tickets in a cache pool. PSR-6 knows no "add if absent", so a lock makes one of looking and saving; where it is not
 * shared by all servers, two of them may take a ticket that they get in the same instant.
 */
final class PoolLedger implements TicketLedgerInterface
{
    public function __construct(private readonly CacheItemPoolInterface $pool, private readonly TicketLockInterface $lock = new FileTicketLock())
    {
    }

    public function take(string $nonce, int $seconds): bool
    {
        $key = 'ferry.ticket.'.$nonce;
        $release = $this->lock->acquire($key);

        if (null === $release) {
            return false;
        }

        try {
            $item = $this->pool->getItem($key);

            return !$item->isHit() && $this->pool->save($item->set(true)->expiresAfter($seconds));
        } finally {
            $release();
        }
    }
}
