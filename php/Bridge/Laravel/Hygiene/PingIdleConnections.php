<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

use Ferry\Hygiene\BeforeEventInterface;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Psr\Log\LoggerInterface;

/**
 * Before an event, asks a database connection that was not asked for some time whether it still lives, and opens it again if
 * not. Laravel does so by itself for a query of its own outside of a transaction, but not for one through the bare PDO.
 */
final class PingIdleConnections implements BeforeEventInterface
{
    /** @var \WeakMap<Connection, float> when it was asked, or else seen alive */
    private \WeakMap $asked;

    /**
     * @param float $seconds after which to ask; 0: before each event
     */
    public function __construct(
        private readonly Application $app,
        private readonly float $seconds,
        private readonly LoggerInterface $logger,
    ) {
        $this->asked = new \WeakMap();
    }

    public function beforeEvent(float $now): void
    {
        if (!$this->app->resolved('db')) {
            return;
        }

        foreach ($this->app->make('db')->getConnections() as $name => $connection) {
            $this->asked[$connection] ??= $now;

            if ($now - $this->asked[$connection] >= $this->seconds) {
                $this->asked[$connection] = $now;
                $this->ping((string) $name, $connection);
            }
        }
    }

    private function ping(string $name, Connection $connection): void
    {
        foreach ([$connection->getRawPdo(), $connection->getRawReadPdo()] as $pdo) {
            // Before its first query a connection has a closure here.
            if ($pdo instanceof \PDO && !Liveness::of($pdo)) {
                $this->logger->info(sprintf('The database connection "%s" was lost while it idled and is opened again.', $name));
                $connection->disconnect();

                return;
            }
        }
    }
}
