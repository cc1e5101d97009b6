<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

use Ferry\Hygiene\AfterEventInterface;
use Illuminate\Contracts\Foundation\Application;
use Psr\Log\LoggerInterface;

/**
 * Rolls back what an event has begun and not ended: the next event, of anybody, would be part of it.
 */
final class RollBackOpenTransactions implements AfterEventInterface
{
    public function __construct(private readonly Application $app, private readonly LoggerInterface $logger)
    {
    }

    public function afterEvent(): void
    {
        if (!$this->app->resolved('db')) {
            return;
        }

        foreach ($this->app->make('db')->getConnections() as $name => $connection) {
            if (0 === $level = $connection->transactionLevel()) {
                continue;
            }

            $this->logger->warning(sprintf('A WebSocket handler left a transaction open on the database connection "%s" (level %d); it was rolled back.', $name, $level));

            try {
                $connection->rollBack(0);
            } catch (\Throwable) {
                // The connection is gone, and its transaction with it. The next query opens another.
                $connection->disconnect();
            }
        }
    }
}
