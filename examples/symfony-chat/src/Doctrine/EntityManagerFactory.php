<?php

declare(strict_types=1);

namespace App\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\DriverManager;
use Doctrine\DBAL\Tools\DsnParser;
use Doctrine\ORM\Configuration;
use Doctrine\ORM\EntityManager;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\ORM\ORMSetup;

/**
 * Makes Doctrine's services from a DATABASE_URL, with ORM 2.14 and later and ORM 3.
 */
final class EntityManagerFactory
{
    private ?Connection $connection = null;
    private ?Configuration $configuration = null;

    public function __construct(
        #[\SensitiveParameter] private readonly string $databaseUrl,
        private readonly string $proxyDir,
        private readonly bool $debug,
    ) {
    }

    /** The same one for all entity managers; it connects with the first query. */
    public function connection(): Connection
    {
        return $this->connection ??= DriverManager::getConnection(
            (new DsnParser(['sqlite' => 'pdo_sqlite', 'postgres' => 'pdo_pgsql', 'postgresql' => 'pdo_pgsql', 'pgsql' => 'pdo_pgsql', 'mysql' => 'pdo_mysql']))->parse($this->databaseUrl),
        );
    }

    public function create(): EntityManagerInterface
    {
        return new EntityManager($this->connection(), $this->configuration ??= $this->configure());
    }

    private function configure(): Configuration
    {
        $configuration = ORMSetup::createAttributeMetadataConfiguration([\dirname(__DIR__).'/Entity'], $this->debug, $this->proxyDir);

        // Needed from ORM 3.4 on PHP 8.4, where code generation for proxies is deprecated.
        if (\PHP_VERSION_ID >= 80400 && method_exists($configuration, 'enableNativeLazyObjects')) {
            $configuration->enableNativeLazyObjects(true);
        }

        return $configuration;
    }
}
