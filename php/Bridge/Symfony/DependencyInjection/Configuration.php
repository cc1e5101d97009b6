<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection;

use Ferry\Bridge\Symfony\DependencyInjection\Section\SectionInterface;
use Symfony\Component\Config\Definition\Builder\TreeBuilder;
use Symfony\Component\Config\Definition\ConfigurationInterface;

final class Configuration implements ConfigurationInterface
{
    /**
     * @param list<SectionInterface> $sections
     */
    public function __construct(private readonly array $sections)
    {
    }

    /**
     * @return TreeBuilder
     */
    public function getConfigTreeBuilder(): TreeBuilder
    {
        $tree = new TreeBuilder('ferry');
        $root = $tree->getRootNode();
        $root->info('A WebSocket server that lives inside this application: "bin/console ws:serve" runs it.');

        foreach ($this->sections as $section) {
            $section->configure($root->children());
        }

        return $tree;
    }
}
