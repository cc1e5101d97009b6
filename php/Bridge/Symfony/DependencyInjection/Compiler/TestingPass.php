<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Testing\RecordingTransport;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Where framework.test is on, what is published is recorded, for WsTestTrait.
 */
final class TestingPass implements CompilerPassInterface
{
    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasDefinition('test.service_container') || !$container->hasDefinition('ferry.publisher')) {
            return;
        }

        $publisher = $container->getDefinition('ferry.publisher');
        $container->register(RecordingTransport::class, RecordingTransport::class)
            ->setArguments([$publisher->getArgument(0)])
            ->setPublic(true);
        $publisher->replaceArgument(0, new Reference(RecordingTransport::class));
    }
}
