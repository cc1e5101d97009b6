<?php

declare(strict_types=1);

namespace App\Doctrine;

use Doctrine\DBAL\Exception as DbalException;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;

/**
 * Gives every event of the socket a fresh unit of work, as every request has one.
 */
final class UnitOfWorkListener extends Listener
{
    /** Databases and what stands before them cut connections that idle; a query then fails. */
    private const PING_AFTER_SECONDS = 30.0;

    private float $idleSince = 0.0;
    private bool $busy = false;

    public function __construct(private readonly EntityManagerInterface $entityManager, private readonly ManagerRegistry $managers)
    {
    }

    public function handled(Runner $runner, string $event, float $seconds): void
    {
        $this->busy = true;

        if ($this->entityManager->isOpen()) {
            // Else every entity ever loaded stays in memory, and stays as it was when it was loaded.
            $this->entityManager->clear();
        } else {
            $this->managers->resetManager();
        }
    }

    public function failed(Runner $runner, \Throwable $error): void
    {
        for ($cause = $error; null !== $cause; $cause = $cause->getPrevious()) {
            if ($cause instanceof DbalException || $cause instanceof \PDOException) {
                // It may have been the end of the connection; the next query makes a new one.
                $this->entityManager->getConnection()->close();

                return;
            }
        }
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        if ($this->busy) {
            $this->busy = false;
            $this->idleSince = $progress->uptime;
        }

        $connection = $this->entityManager->getConnection();

        if ($progress->uptime - $this->idleSince < self::PING_AFTER_SECONDS || !$connection->isConnected()) {
            return;
        }

        $this->idleSince = $progress->uptime;

        try {
            $connection->executeQuery($connection->getDatabasePlatform()->getDummySelectSQL());
        } catch (DbalException) {
            // The next query connects again.
            $connection->close();
        }
    }
}
