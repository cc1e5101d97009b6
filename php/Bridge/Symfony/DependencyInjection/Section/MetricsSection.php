<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Figures about the server for Prometheus.
 */
final class MetricsSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('metrics')
            ->info('Figures about the server for Prometheus')
            ->addDefaultsIfNotSet();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
    }
}
