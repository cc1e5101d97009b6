<?php

declare(strict_types=1);

namespace Ferry\Auth;

/**
 * Where server processes share which tickets were used.
 */
interface TicketLedgerInterface
{
    /**
     * Notes a ticket as used. Of several processes that ask for the same one, also in the same instant, at most one gets true.
     *
     * @param string       $nonce   1 to 64 characters of 0-9 and a-f
     * @param positive-int $seconds it has to be remembered
     */
    public function take(string $nonce, int $seconds): bool;
}
