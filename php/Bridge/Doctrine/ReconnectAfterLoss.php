<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\Driver\Exception as DriverException;
use Doctrine\DBAL\Exception as DbalException;
use Ferry\Hygiene\LostConnection;
use Ferry\Hygiene\Reconnection;
use Ferry\Hygiene\RecoveryInterface;
use Psr\Log\LoggerInterface;

/**
 * After the loss of a database connection: waits until the database is back, so that the event can be handled once more.
 * Clients wait meanwhile, their messages are kept, and the network goes on.
 */
final class ReconnectAfterLoss implements RecoveryInterface
{
    private readonly Reconnection $reconnection;

    /** @var list<ResetClosedManagers|ClearManagers> */
    private readonly array $chores;

    /**
     * @param float                    $timeout seconds to wait for the database; the event then fails as if nothing was retried
     * @param ?\Closure(float): mixed  $sleep   for tests
     */
    public function __construct(
        private readonly OpenServices $services,
        float $timeout = 30.0,
        private readonly ?LoggerInterface $logger = null,
        ?\Closure $sleep = null,
    ) {
        $this->reconnection = new Reconnection($timeout, $logger, $sleep);
        $this->chores = [new ResetClosedManagers($services), new ClearManagers($services)];
    }

    public function recover(\Throwable $error): bool
    {
        if (!LostConnection::isCauseOf($error)) {
            return false;
        }

        $lost = $this->closeLost(self::isDoctrines($error));

        // Whatever else was lost, as a connection that Doctrine does not know of, is not ours to mend.
        if ([] === $lost) {
            return false;
        }

        $this->logger?->warning('The database connection was lost: {message}', ['message' => $error->getMessage(), 'exception' => $error]);

        foreach ($lost as $name => $connection) {
            if (!$this->reconnection->wait($name, fn (): bool => $this->reconnects($connection))) {
                return false;
            }
        }

        foreach ($this->chores as $chore) {
            $chore->afterEvent();
        }

        return true;
    }

    /**
     * @return array<string, Connection> by name
     */
    private function closeLost(bool $doctrineClosesItself): array
    {
        $lost = [];

        foreach ($this->services->connections() as $name => $connection) {
            // DBAL 4 closes a connection that it knows to be lost. In a transaction that has failed even a living
            // PostgreSQL connection answers no query.
            $closed = $doctrineClosesItself && !$connection->isConnected();

            if ($closed || $connection->isTransactionActive() || !$this->answers($connection)) {
                $connection->close();
                $lost[$name] = $connection;
            }
        }

        return $lost;
    }

    private function reconnects(Connection $connection): bool
    {
        if ($this->answers($connection)) {
            return true;
        }

        $connection->close();

        return false;
    }

    private static function isDoctrines(\Throwable $error): bool
    {
        for ($cause = $error; null !== $cause; $cause = $cause->getPrevious()) {
            if ($cause instanceof DbalException || $cause instanceof DriverException) {
                return true;
            }
        }

        return false;
    }

    /** Connects if need be. */
    private function answers(Connection $connection): bool
    {
        try {
            $connection->executeQuery($connection->getDatabasePlatform()->getDummySelectSQL())->free();

            return true;
        } catch (DbalException|\PDOException) {
            return false;
        }
    }
}
