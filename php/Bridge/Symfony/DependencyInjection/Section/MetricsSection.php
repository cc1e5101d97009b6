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
        $metrics = $nodes->arrayNode('metrics')
            ->info('Figures about the server for Prometheus: the option "metrics" of docs/options.md')
            ->canBeEnabled();
        $metrics->find('enabled')->info('Whether they can be read. Default: true as soon as the section is there');
        $metrics
            ->children()
                ->scalarNode('path')
                    ->info('Where they are read. Default: /metrics')
                    ->defaultNull()
                ->end()
                ->scalarNode('listen')
                    ->info('An address of their own, such as 127.0.0.1:9100. Default: the server\'s, where everybody can read them')
                    ->defaultNull()
                ->end()
                ->scalarNode('token')
                    ->info('Asked for as "Authorization: Bearer", at least 16 characters')
                    ->defaultNull()
                ->end()
            ->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array{enabled: bool, path: ?string, listen: ?string, token: ?string} $metrics */
        $metrics = $config['metrics'];

        if (!$metrics['enabled']) {
            return;
        }

        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);
        unset($metrics['enabled']);
        $set = array_filter($metrics, static fn (?string $value): bool => null !== $value);
        $options['metrics'] = [] === $set ? true : $set;
        $container->setParameter(ServerSection::OPTIONS, $options);
    }
}
