<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Hygiene\ResetPolicy;
use Ferry\Runner\FailureLimit;
use Ferry\Runner\MemoryLimit;
use Ferry\Runner\MessageLimit;
use Ferry\Runner\TimeLimit;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Chores that keep a process healthy which lives for weeks. HygienePass makes them, for what the application has.
 */
final class HygieneSection implements SectionInterface
{
    /** Parameter for HygienePass. */
    public const CONFIG = 'ferry.hygiene';

    private const LIMITS = ['memory_limit' => MemoryLimit::class, 'time_limit' => TimeLimit::class, 'message_limit' => MessageLimit::class, 'failure_limit' => FailureLimit::class];

    public function configure(NodeBuilder $nodes): void
    {
        $limit = static fn (NodeBuilder $limits, string $name, string $info) => $limits->integerNode($name)->info($info)->min(1)->defaultNull();
        $hygiene = $nodes->arrayNode('hygiene')
            ->info('Chores that keep a process healthy which lives for weeks')
            ->addDefaultsIfNotSet()
            ->children();
        $hygiene
            ->enumNode('reset')
                ->info('When services get back the state that they had at the start: after each message, after the messages that arrived together, or never')
                ->values(array_column(ResetPolicy::cases(), 'value'))
                ->defaultValue(ResetPolicy::Message->value)
            ->end()
            ->floatNode('ping_after')
                ->info('Seconds after which a database connection is asked whether it still lives, before it is used. 0: before each event; null: never')
                ->defaultValue(30.0)
                ->min(0)
            ->end()
            ->booleanNode('retry')
                ->info('Whether an event is handled once more when it has failed because the database was lost')
                ->defaultTrue()
            ->end()
            ->floatNode('reconnect_timeout')
                ->info('Seconds to wait for a lost database to come back, for the retry; messages wait meanwhile. Default: 30')
                ->defaultNull()
                ->min(0)
            ->end()
            ->integerNode('gc_every')
                ->info('Messages after which cycles are collected, within a second. 0: when PHP does it by itself')
                ->defaultValue(1000)
                ->min(0)
            ->end();
        $limit($hygiene, 'memory_limit', 'Bytes of memory after which the server stops with exit code 0, for its supervisor to start it anew');
        $limit($hygiene, 'time_limit', 'Seconds after which it does so');
        $limit($hygiene, 'message_limit', 'Messages after which it does so');
        $limit($hygiene, 'failure_limit', 'Failures of handlers after which it does so');
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array<string, mixed> $hygiene */
        $hygiene = $config['hygiene'];
        $container->setParameter(self::CONFIG, $hygiene);

        foreach (self::LIMITS as $name => $class) {
            if (null !== $hygiene[$name]) {
                $container->register($class, $class)->setArguments([$hygiene[$name]])->addTag('ferry.listener');
            }
        }
    }
}
