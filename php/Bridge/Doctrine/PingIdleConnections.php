<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\Exception as DbalException;
use Ferry\Hygiene\BeforeEventInterface;
use Psr\Log\LoggerInterface;

/**
 * Before an event, asks a connection that was not asked for some time whether it still lives, and drops it if not: the next
 * query connects again. Databases, proxies and firewalls cut connections that idle, and the next query fails.
 *
 * Nobody knows when a connection was used last, so one that is in use is asked as often as one that idles.
 */
final class PingIdleConnections implements BeforeEventInterface
{
    private ?float $lastEvent = null;

    /** @var \WeakMap<Connection, float> when it was asked, or else seen alive */
    private \WeakMap $asked;

    /**
     * @param float $seconds after which to ask; 0: before each event
     */
    public function __construct(
        private readonly OpenServices $services,
        private readonly float $seconds = 30.0,
        private readonly ?LoggerInterface $logger = null,
    ) {
        $this->asked = new \WeakMap();
    }

    public function beforeEvent(float $now): void
    {
        foreach ($this->services->connections() as $name => $connection) {
            if (!$connection->isConnected()) {
                unset($this->asked[$connection]);

                continue;
            }

            // One that is seen for the first time was opened by the event before.
            $this->asked[$connection] ??= $this->lastEvent ?? $now;

            if ($now - $this->asked[$connection] >= $this->seconds) {
                $this->asked[$connection] = $now;
                $this->ping($name, $connection);
            }
        }

        $this->lastEvent = $now;
    }

    private function ping(string $name, Connection $connection): void
    {
        try {
            $connection->executeQuery($connection->getDatabasePlatform()->getDummySelectSQL())->free();
        } catch (DbalException $e) {
            $connection->close();
            $this->logger?->info('The database connection "{name}" was lost while it idled; the next query connects again.', ['name' => $name, 'exception' => $e]);
        }
    }
}
