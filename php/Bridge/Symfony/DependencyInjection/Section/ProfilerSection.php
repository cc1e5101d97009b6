<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Bridge\Symfony\Profiler\MessageDataCollector;
use Ferry\Bridge\Symfony\Profiler\MessageProfiler;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Reference;

/**
 * One profile per message in the web profiler, in debug mode. ProfilerPass finishes it, or removes it where the application
 * has no profiler.
 */
final class ProfilerSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('profiler')
            ->info('One profile per message in the web profiler, in debug mode')
            ->addDefaultsIfNotSet()
            ->children()
                ->booleanNode('enabled')
                    ->info('Takes effect only in debug mode and with the profiler of FrameworkBundle')
                    ->defaultTrue()
                ->end()
                ->integerNode('max_profiles')
                    ->info('Profiles of messages that are kept; the oldest ones are removed')
                    ->defaultValue(200)
                    ->min(1)
                    ->max(10000)
                ->end()
            ->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array{enabled: bool, max_profiles: int} $profiler */
        $profiler = $config['profiler'];

        if (!$profiler['enabled'] || !$container->getParameter('kernel.debug')) {
            return;
        }

        $container->register(MessageDataCollector::class, MessageDataCollector::class)
            ->addTag('data_collector', ['id' => 'ferry', 'template' => '@Ferry/Collector/message.html.twig', 'priority' => 320]);
        $container->register(MessageProfiler::class, MessageProfiler::class)
            ->setArguments([
                new Reference('profiler'),
                null,
                $profiler['max_profiles'],
                [],
                new Reference('debug.stopwatch', ContainerInterface::NULL_ON_INVALID_REFERENCE),
                new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE),
            ])
            // Inside of all others: the user is set when the collectors look.
            ->addTag('ferry.scope', ['priority' => -1000]);
    }
}
