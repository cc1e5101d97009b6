<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\Persistence\ManagerRegistry;
use Doctrine\Persistence\ObjectManager;

/**
 * The managers and connections that somebody has used. Asking the registry for the others would make them.
 */
final class OpenServices
{
    /** @var array<string, string> service id by name */
    private readonly array $managers;

    /** @var array<string, string> service id by name */
    private readonly array $connections;

    /**
     * @param ?\Closure(string): bool $isInitialized tells of a service id whether the container has made the service, as
     *                                               Symfony's Container::initialized(); without it all are taken for made
     */
    public function __construct(public readonly ManagerRegistry $registry, private readonly ?\Closure $isInitialized = null)
    {
        $this->managers = $registry->getManagerNames();
        $this->connections = $registry->getConnectionNames();
    }

    /**
     * @return iterable<string, ObjectManager> by name
     */
    public function managers(): iterable
    {
        foreach ($this->managers as $name => $id) {
            if (null === $this->isInitialized || ($this->isInitialized)($id)) {
                yield $name => $this->registry->getManager($name);
            }
        }
    }

    /**
     * @return iterable<string, Connection> by name
     */
    public function connections(): iterable
    {
        foreach ($this->connections as $name => $id) {
            if (null !== $this->isInitialized && !($this->isInitialized)($id)) {
                continue;
            }

            $connection = $this->registry->getConnection($name);

            // MongoDB's and others' have neither pings nor transactions of this kind.
            if ($connection instanceof Connection) {
                yield $name => $connection;
            }
        }
    }
}
