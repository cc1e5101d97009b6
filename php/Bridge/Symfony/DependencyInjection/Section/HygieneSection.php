<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Chores that keep a long-lived process healthy.
 */
final class HygieneSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('hygiene')
            ->info('Chores that keep a long-lived process healthy')
            ->addDefaultsIfNotSet();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
    }
}
