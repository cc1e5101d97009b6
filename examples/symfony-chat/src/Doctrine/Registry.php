<?php

declare(strict_types=1);

namespace App\Doctrine;

use Doctrine\Persistence\Proxy;
use Symfony\Bridge\Doctrine\ManagerRegistry;
use Symfony\Component\DependencyInjection\Container;

/**
 * The registry that Symfony's Doctrine bridge asks for users.
 */
final class Registry extends ManagerRegistry
{
    public function __construct(Container $container)
    {
        $this->container = $container;

        parent::__construct('ORM', ['default' => 'doctrine.dbal.default_connection'], ['default' => 'doctrine.orm.default_entity_manager'], 'default', 'default', Proxy::class);
    }

    protected function resetService($name): void
    {
        $manager = $this->container->get($name);

        if ($manager instanceof ReopeningEntityManager) {
            $manager->reopen();
        }
    }
}
