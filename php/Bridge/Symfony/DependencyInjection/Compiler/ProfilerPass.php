<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Bridge\Symfony\Profiler\MessageDataCollector;
use Ferry\Bridge\Symfony\Profiler\MessageProfiler;
use Ferry\Bridge\Symfony\Profiler\MessageProfileStorage;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Reference;
use Symfony\Component\HttpKernel\DataCollector\LoggerDataCollector;
use Symfony\Component\HttpKernel\DataCollector\TimeDataCollector;
use Symfony\Component\HttpKernel\Profiler\FileProfilerStorage;

/**
 * Fits the profiling of messages to the profiler that the application has; removes it where there is none.
 */
final class ProfilerPass implements CompilerPassInterface
{
    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasDefinition(MessageProfiler::class)) {
            return;
        }

        if (!$container->hasDefinition('profiler')) {
            $container->removeDefinition(MessageProfiler::class);
            $container->removeDefinition(MessageDataCollector::class);

            return;
        }

        $profiler = $container->getDefinition(MessageProfiler::class);
        $profiler->replaceArgument(3, $this->replacements($container));
        $storage = $container->hasDefinition('profiler.storage') ? $container->getDefinition('profiler.storage') : null;

        if (null !== $storage && FileProfilerStorage::class === $container->getParameterBag()->resolveValue($storage->getClass())) {
            $profiler->replaceArgument(1, new Definition(MessageProfileStorage::class, $storage->getArguments()));
        }
    }

    /**
     * Collectors that count from the start of the process or by the current request, neither of which a message has.
     *
     * @return list<Definition>
     */
    private function replacements(ContainerBuilder $container): array
    {
        $replacements = [];

        if ($container->hasDefinition('data_collector.time')) {
            $replacements[] = new Definition(TimeDataCollector::class, [null, new Reference('debug.stopwatch', ContainerInterface::NULL_ON_INVALID_REFERENCE)]);
        }

        if ($container->hasDefinition('data_collector.logger')) {
            $replacements[] = new Definition(LoggerDataCollector::class, \array_slice($container->getDefinition('data_collector.logger')->getArguments(), 0, 2));
        }

        return $replacements;
    }
}
