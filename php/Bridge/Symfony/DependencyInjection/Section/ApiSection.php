<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Requests to the application's controllers over a connection.
 */
final class ApiSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('api')
            ->info('Requests to the application\'s controllers over a connection')
            ->addDefaultsIfNotSet();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
    }
}
