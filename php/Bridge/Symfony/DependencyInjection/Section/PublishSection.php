<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Publishing to connections from controllers, commands and other processes.
 */
final class PublishSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('publish')
            ->info('Publishing to connections from controllers, commands and other processes')
            ->addDefaultsIfNotSet();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
    }
}
