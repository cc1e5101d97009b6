<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * One section of the configuration: its nodes and its services.
 */
interface SectionInterface
{
    /**
     * Adds its nodes below "ferry", each with an info().
     */
    public function configure(NodeBuilder $nodes): void;

    /**
     * @param array<string, mixed> $config the whole, processed configuration
     */
    public function load(array $config, ContainerBuilder $container): void;
}
