<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * One profile per message in the web profiler, in debug mode.
 */
final class ProfilerSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('profiler')
            ->info('One profile per message in the web profiler, in debug mode')
            ->addDefaultsIfNotSet();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
    }
}
