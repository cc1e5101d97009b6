<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\DriverManager;
use Doctrine\DBAL\Tools\DsnParser;
use Doctrine\ORM\Configuration;
use Doctrine\ORM\EntityManager;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\ORM\Mapping\Driver\AttributeDriver;
use Doctrine\ORM\Proxy\ProxyFactory;
use Doctrine\ORM\Tools\SchemaTool;
use Doctrine\Persistence\AbstractManagerRegistry;
use Doctrine\Persistence\Proxy;
use Symfony\Component\Cache\Adapter\ArrayAdapter;

/**
 * One connection and one entity manager for a database URL, as DoctrineBundle would make them.
 */
final class Registry extends AbstractManagerRegistry
{
    public readonly Connection $connection;
    private ?EntityManagerInterface $manager = null;
    private readonly Configuration $configuration;

    public function __construct(string $url)
    {
        parent::__construct('ORM', ['default' => 'connection'], ['default' => 'manager'], 'default', 'default', Proxy::class);

        // The URL's query names what DBAL's parameters are called: host overrides localhost with the folder of a socket.
        $parameters = (new DsnParser(['sqlite' => 'pdo_sqlite', 'postgresql' => 'pdo_pgsql', 'mysql' => 'pdo_mysql']))->parse($url);
        $this->connection = DriverManager::getConnection($parameters);
        $this->configuration = new Configuration();
        $this->configuration->setMetadataDriverImpl(new AttributeDriver([__DIR__]));
        $this->configuration->setMetadataCache(new ArrayAdapter());
        $this->configuration->setQueryCache(new ArrayAdapter());

        if (\PHP_VERSION_ID >= 80400 && method_exists($this->configuration, 'enableNativeLazyObjects')) {
            $this->configuration->enableNativeLazyObjects(true);
        } else {
            $this->configuration->setProxyDir(sys_get_temp_dir());
            $this->configuration->setProxyNamespace('Ferry\Tests\Proxy');
            $this->configuration->setAutoGenerateProxyClasses(ProxyFactory::AUTOGENERATE_EVAL);
        }
    }

    public function createSchema(): void
    {
        $manager = $this->getManager();
        \assert($manager instanceof EntityManagerInterface);
        (new SchemaTool($manager))->createSchema($manager->getMetadataFactory()->getAllMetadata());
    }

    protected function getService(string $name): object
    {
        return 'connection' === $name ? $this->connection : $this->manager ??= new EntityManager($this->connection, $this->configuration);
    }

    protected function resetService(string $name): void
    {
        $this->manager = null;
    }
}
