<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

use Ferry\Handler\SuspendableInterface;
use Illuminate\Contracts\Foundation\Application;
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

    public function __construct(private readonly Application $app, private readonly LoggerInterface $logger)
    {
    }

    public function suspend(): mixed
    {
        foreach ($this->app->resolved('db') ? $this->app->make('db')->getConnections() : [] as $name => $connection) {
            if ($connection->transactionLevel() > 0 && hrtime(true) - $this->warnedAt >= self::INTERVAL * 1_000_000_000) {
                $this->warnedAt = (int) hrtime(true);
                $this->logger->warning('A handler waits while its transaction on the database connection "{name}" is open: what other handlers write meanwhile belongs to it.', ['name' => $name]);
            }
        }

        return null;
    }

    public function resume(mixed $state): void
    {
    }
}
