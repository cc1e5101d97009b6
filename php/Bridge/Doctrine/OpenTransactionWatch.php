<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Ferry\Handler\SuspendableInterface;
use Psr\Log\LoggerInterface;

/**
 * Warns of a handler that waits while its transaction is open: what other handlers write meanwhile is a part of it, and is
 * lost when it is rolled back. End the transaction before the wait.
 */
final class OpenTransactionWatch implements SuspendableInterface
{
    /** Seconds between two warnings: a handler that does so does it with every message. */
    private const INTERVAL = 60;

    private int $warnedAt = -self::INTERVAL * 1_000_000_000;

    public function __construct(private readonly OpenServices $services, private readonly ?LoggerInterface $logger = null)
    {
    }

    public function suspend(): mixed
    {
        foreach ($this->services->connections() as $name => $connection) {
            $own = $connection->isAutoCommit() ? 0 : 1;

            if ($connection->getTransactionNestingLevel() > $own && hrtime(true) - $this->warnedAt >= self::INTERVAL * 1_000_000_000) {
                $this->warnedAt = (int) hrtime(true);
                $this->logger?->warning('A handler waits while its transaction on the database connection "{name}" is open: what other handlers write meanwhile belongs to it.', ['name' => $name]);
            }
        }

        return null;
    }

    public function resume(mixed $state): void
    {
    }
}
