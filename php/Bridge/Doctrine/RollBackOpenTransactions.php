<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\Exception as DbalException;
use Ferry\Hygiene\AfterEventInterface;
use Psr\Log\LoggerInterface;

/**
 * Rolls back what an event has begun and not ended, with a warning. Left open, a transaction would hold its locks, and all
 * that follows would be a part of it.
 */
final class RollBackOpenTransactions implements AfterEventInterface
{
    public function __construct(private readonly OpenServices $services, private readonly ?LoggerInterface $logger = null)
    {
    }

    public function afterEvent(): void
    {
        foreach ($this->services->connections() as $name => $connection) {
            if ($connection->isTransactionActive()) {
                $this->rollBack($name, $connection);
            }
        }
    }

    private function rollBack(string $name, Connection $connection): void
    {
        // Without auto-commit a transaction is always open, and the first one was begun by Doctrine.
        $own = $connection->isAutoCommit() ? 0 : 1;
        $levels = $connection->getTransactionNestingLevel() - $own;

        if ($levels > 0) {
            $this->logger?->warning('A transaction on the database connection "{name}" was left open and is rolled back.', ['name' => $name, 'levels' => $levels]);
        }

        try {
            for ($level = $connection->getTransactionNestingLevel(); $level > 0; --$level) {
                $connection->rollBack();
            }
        } catch (DbalException|\PDOException $e) {
            // Closing forgets the transaction on both sides.
            $connection->close();
            $this->logger?->warning('The transaction could not be rolled back, so the database connection "{name}" was closed.', ['name' => $name, 'exception' => $e]);
        }
    }
}
