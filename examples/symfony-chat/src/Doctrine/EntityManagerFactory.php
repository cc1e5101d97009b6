<?php

declare(strict_types=1);

namespace App\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\DriverManager;
use Doctrine\DBAL\Tools\DsnParser;
use Doctrine\ORM\Configuration;
use Doctrine\ORM\EntityManager;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\ORM\Mapping\Driver\AttributeDriver;
use Doctrine\ORM\Proxy\ProxyFactory;
use Symfony\Component\Cache\Adapter\ArrayAdapter;

/**
 * Makes Doctrine's services from a DATABASE_URL, alike for ORM 2.14 and later and ORM 3.
 */
final class EntityManagerFactory
{
    private ?Connection $connection = null;
    private ?Configuration $configuration = null;

    public function __construct(
        #[\SensitiveParameter] private readonly string $databaseUrl,
        private readonly string $proxyDir,
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
        $configuration = new Configuration();
        $configuration->setMetadataDriverImpl(new AttributeDriver([\dirname(__DIR__).'/Entity']));
        $configuration->setMetadataCache(new ArrayAdapter());
        $configuration->setQueryCache(new ArrayAdapter());

        if (\PHP_VERSION_ID >= 80400 && method_exists($configuration, 'enableNativeLazyObjects')) {
            $configuration->enableNativeLazyObjects(true);
        } else {
            $configuration->setProxyDir($this->proxyDir);
            $configuration->setProxyNamespace('App\Proxy');
            $configuration->setAutoGenerateProxyClasses(ProxyFactory::AUTOGENERATE_FILE_NOT_EXISTS_OR_CHANGED);
        }

        return $configuration;
    }
}
