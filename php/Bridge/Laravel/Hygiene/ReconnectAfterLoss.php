<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

use Ferry\Hygiene\LostConnection;
use Ferry\Hygiene\Reconnection;
use Ferry\Hygiene\RecoveryInterface;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Psr\Log\LoggerInterface;

/**
 * After the loss of a database connection: waits until the database is back, so that the event can be handled once more.
 * Laravel repeats a lost query by itself only outside of transactions, and only once.
 */
final class ReconnectAfterLoss implements RecoveryInterface
{
    private readonly Reconnection $reconnection;

    /**
     * @param float $timeout seconds to wait for the database; the event then fails as if nothing was retried
     */
    public function __construct(
        private readonly Application $app,
        float $timeout,
        private readonly LoggerInterface $logger,
    ) {
        $this->reconnection = new Reconnection($timeout, $logger);
    }

    public function recover(\Throwable $error): bool
    {
        if (!LostConnection::isCauseOf($error) || !$this->app->resolved('db')) {
            return false;
        }

        $lost = array_filter($this->app->make('db')->getConnections(), static fn (Connection $connection): bool => $connection->transactionLevel() > 0
            || !$connection->getRawPdo() instanceof \PDO
            || !Liveness::of($connection->getRawPdo()));

        // Whatever else was lost is not ours to mend.
        if ([] === $lost) {
            return false;
        }

        $this->logger->warning('A database connection was lost: '.$error->getMessage(), ['exception' => $error]);

        foreach ($lost as $name => $connection) {
            $connection->disconnect();

            if (!$this->reconnection->wait((string) $name, fn (): bool => $this->connects($connection))) {
                return false;
            }
        }

        return true;
    }

    private function connects(Connection $connection): bool
    {
        try {
            $connection->reconnect();

            return Liveness::of($connection->getPdo());
        } catch (\Exception) {
            // Also what a connector says of a database file that is not there.
            return false;
        }
    }
}
