<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Command\WsStatusCommand;
use Ferry\Status\ControlStatusReader;
use Ferry\Status\StatusReaderInterface;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Reference;

/**
 * The command ws:status; it asks where the section "publish" publishes to.
 */
final class StatusSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        $publish = \is_array($config['publish'] ?? null) ? $config['publish'] : [];
        $container->register(ControlStatusReader::class, ControlStatusReader::class)->setArguments([$publish['dsn'] ?? null, $publish['secret'] ?? null, $publish['listen'] ?? null]);
        $container->setAlias(StatusReaderInterface::class, ControlStatusReader::class);
        $container->register(WsStatusCommand::class, WsStatusCommand::class)
            ->setArguments([new Reference(StatusReaderInterface::class)])
            ->addTag('console.command');
    }
}
