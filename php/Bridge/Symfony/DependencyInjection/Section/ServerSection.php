<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Command\WsDebugCommand;
use Ferry\Command\WsServeCommand;
use Ferry\Event\LifecycleListener;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\HandlerRegistry;
use Ferry\Handler\Router;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\ServerOptions;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\Argument\TaggedIteratorArgument;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Reference;

/**
 * The server itself. Its options stand once, in the documentation of WsServer.
 */
final class ServerSection implements SectionInterface
{
    /** Options of the server that other sections set. */
    private const ELSEWHERE = ['jwt' => 'auth.jwt', 'token' => 'auth.token', 'metrics' => 'metrics', 'control' => 'publish'];

    /** Parameter with the options as they were configured; sections and passes add theirs. */
    public const OPTIONS = 'ferry.server.options';

    public function configure(NodeBuilder $nodes): void
    {
        $server = $nodes->arrayNode('server')
            ->info('Options of the server, as docs/options.md lists them. What is not set has the server\'s own default.')
            ->addDefaultsIfNotSet()
            ->beforeNormalization()
                ->ifArray()
                ->then(static function (array $given): array {
                    foreach (array_intersect_key(self::ELSEWHERE, $given) as $name => $section) {
                        throw new \InvalidArgumentException(sprintf('"%s" is not set here, but as "ferry.%s".', $name, $section));
                    }

                    return $given;
                })
            ->end();
        $children = $server->children();

        foreach (ServerOptions::all() as $name => $option) {
            if (!isset(self::ELSEWHERE[$name])) {
                self::option($children, $name, $option);
            }
        }

        $children->floatNode('grace')
            ->info('Seconds that clients have for the closing handshake when the server stops')
            ->defaultValue(5.0)
            ->min(0);
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array<string, mixed> $options */
        $options = $config['server'];
        $grace = $options['grace'];
        unset($options['grace']);
        // A list that is not set is an empty one here; the server has its own defaults.
        $options = array_filter($options, static fn (mixed $value): bool => [] !== $value);
        $container->setParameter(self::OPTIONS, $options);

        $container->register(Runner::class, Runner::class)
            ->setArguments([
                new Reference(HandlerDispatcher::class),
                (new Definition('array'))->setFactory([ServerOptions::class, 'cast'])->setArguments(['%'.self::OPTIONS.'%']),
                new TaggedIteratorArgument('ferry.listener'),
                $grace,
            ])
            ->setPublic(true);
        $container->registerForAutoconfiguration(Listener::class)->addTag('ferry.listener');
        $container->register(LifecycleListener::class, LifecycleListener::class)
            ->setArguments([new Reference('event_dispatcher')])
            ->addTag('ferry.listener', ['priority' => 100]);
        $container->register(WsDebugCommand::class, WsDebugCommand::class)
            ->setArguments([
                new Reference(HandlerRegistry::class),
                new Reference(Router::class),
                (new Definition('array'))->setFactory([ServerOptions::class, 'cast'])->setArguments(['%'.self::OPTIONS.'%']),
                [],
            ])
            ->addTag('console.command');
        $container->register(WsServeCommand::class, WsServeCommand::class)
            ->setArguments([new Reference(Runner::class), null, '%kernel.project_dir%'])
            ->addTag('console.command');
    }

    /** For what waits; unless the application says otherwise. */
    public static function turnFibersOn(ContainerBuilder $container): void
    {
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(self::OPTIONS);
        $container->setParameter(self::OPTIONS, $options + ['fibers' => true]);
    }

    /**
     * Nodes have no default of their own: only what is set reaches the server.
     *
     * @param array{type: string, default: mixed, info: string} $option
     */
    private static function option(NodeBuilder $children, string $name, array $option): void
    {
        $default = $option['default'];
        $info = $option['info'].(null === $default || [] === $default || '' === $default ? '' : sprintf('. Default: %s', \is_bool($default) ? var_export($default, true) : $default));

        if (str_contains($option['type'], 'list')) {
            $node = $children->arrayNode($name)->info($info)->beforeNormalization()->ifString()->then(static fn (string $value): array => [$value])->end();
            'listen' === $name ? $node->variablePrototype()->end() : $node->scalarPrototype()->end();

            return;
        }

        $node = match ($option['type']) {
            'int' => $children->integerNode($name),
            'float' => $children->floatNode($name),
            'bool' => $children->booleanNode($name),
            'string', '?string' => $children->scalarNode($name),
            default => $children->variableNode($name),
        };
        $node->info($info);
    }
}
