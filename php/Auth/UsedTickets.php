<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Psr\Cache\CacheItemPoolInterface;

/**
 * Remembers tickets until they expire, so that each lets in once. Memory is bounded: when $limit tickets are remembered that
 * have not expired, further ones are refused.
 *
 * Several server processes share what they know through a ledger or a cache pool; without one, each of them takes a ticket
 * once, and a process that was started anew knows nothing of the tickets before.
 */
final class UsedTickets
{
    /** @var array<string, int> Unix time of expiry by nonce */
    private array $used = [];

    private int $refusedForSpace = 0;

    private readonly ?TicketLedgerInterface $shared;

    /**
     * @param CacheItemPoolInterface|TicketLedgerInterface|null $shared a pool alone takes tickets once among the processes of one
     *                                                                  machine, see PoolLedger
     * @param positive-int                                      $limit
     */
    public function __construct(CacheItemPoolInterface|TicketLedgerInterface|null $shared = null, private readonly int $limit = 100_000)
    {
        $this->shared = $shared instanceof CacheItemPoolInterface ? new PoolLedger($shared) : $shared;
    }

    /**
     * @return bool false when it was used before, or cannot be remembered
     */
    public function use(string $nonce, int $expiresAt, int $now): bool
    {
        if (isset($this->used[$nonce])) {
            return false;
        }

        if (\count($this->used) >= $this->limit) {
            $this->used = array_filter($this->used, static fn (int $expiry): bool => $expiry > $now);

            if (\count($this->used) >= $this->limit) {
                ++$this->refusedForSpace;

                return false;
            }
        }

        $this->used[$nonce] = $expiresAt;

        return null === $this->shared || $this->shared->take($nonce, max(1, $expiresAt - $now));
    }

    /** Tickets that were refused because the memory was full. */
    public function refusedForSpace(): int
    {
        return $this->refusedForSpace;
    }
}
