<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Doctrine\DBAL\Driver\Middleware;
use Ferry\Bridge\Doctrine\TransactionHook;
use Ferry\Bridge\Doctrine\TransactionMiddleware;
use Ferry\Bridge\Symfony\Messenger\PublishMessage;
use Ferry\Bridge\Symfony\Messenger\PublishMessageHandler;
use Ferry\Bridge\Symfony\Messenger\PublishMiddleware;
use Ferry\Command\WsPublishCommand;
use Ferry\Handler\CurrentServer;
use Ferry\Publish\AfterCommitPublisher;
use Ferry\Publish\BatchPublisherInterface;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherFactory;
use Ferry\Publish\PublisherInterface;
use Ferry\Publish\Transport\TransportInterface;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Reference;
use Symfony\Component\Messenger\MessageBusInterface;

/**
 * Publishing to connections from controllers, commands and other processes.
 */
final class PublishSection implements SectionInterface
{
    /** What is for the publishers alone. */
    private const NOT_FOR_THE_SERVER = ['after_commit' => true, 'timeout' => true, 'limits' => true];

    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('publish')
            ->info('Publishing to connections from controllers, commands and other processes (docs/publishing.md)')
            ->addDefaultsIfNotSet()
            ->children()
                ->scalarNode('dsn')
                    ->info('How the server is reached: unix:///path, http(s)://host:port, redis(s)://host:port/db, in-process:, memory: (tests) or null: (nowhere). The server listens there; redis is its option "redis".')
                    ->defaultNull()
                ->end()
                ->scalarNode('secret')
                    ->info('Signs requests to the server, at least 32 bytes')
                    ->defaultNull()
                ->end()
                ->scalarNode('listen')
                    ->info('Where the server listens when that is not what the DSN says, for example behind a proxy: 0.0.0.0:8081')
                    ->defaultNull()
                ->end()
                ->integerNode('mode')
                    ->info('Permission bits of the Unix socket, such as 0660')
                    ->min(0)->max(0777)
                    ->defaultNull()
                ->end()
                ->variableNode('limits')
                    ->info('Limits of the endpoint, as the option "control" of docs/options.md has them')
                    ->example('{ max_rate: 1000, max_body_bytes: 65536 }')
                    ->defaultValue([])
                    ->validate()->ifTrue(static fn (mixed $value): bool => !\is_array($value))->thenInvalid('It must be a map such as { max_rate: 1000 }, %s given.')->end()
                ->end()
                ->floatNode('timeout')
                    ->info('Seconds that the server has to answer')
                    ->defaultValue(2.0)
                ->end()
                ->booleanNode('after_commit')
                    ->info('Events that an open transaction of Doctrine\'s causes wait for its commit')
                    ->defaultFalse()
                ->end()
            ->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array{dsn: ?string, secret: ?string, limits: array<string, mixed>, timeout: float, after_commit: bool} $publish */
        $publish = $config['publish'];

        if (null !== $publish['dsn'] || isset($publish['listen'])) {
            /** @var array<string, mixed> $options */
            $options = $container->getParameter(ServerSection::OPTIONS);
            $options['control'] = array_diff_key($publish, self::NOT_FOR_THE_SERVER) + $publish['limits'];
            $container->setParameter(ServerSection::OPTIONS, $options);
        }

        $container->register(PublisherFactory::class, PublisherFactory::class)->setArguments([new Reference(CurrentServer::class)]);
        $container->register('ferry.publish.transport', TransportInterface::class)
            ->setFactory([new Reference(PublisherFactory::class), 'transport'])
            ->setArguments([$publish['dsn'] ?? 'in-process:', $publish['secret'] ?? '', $publish['timeout']]);
        $container->register('ferry.publisher', Publisher::class)->setArguments([new Reference('ferry.publish.transport')]);
        $publisher = 'ferry.publisher';

        if ($publish['after_commit']) {
            $publisher = $this->registerAfterCommit($container);
        }

        $container->setAlias(PublisherInterface::class, $publisher)->setPublic(true);
        $container->setAlias(BatchPublisherInterface::class, $publisher);
        $container->register(WsPublishCommand::class, WsPublishCommand::class)
            ->setArguments([new Reference(PublisherInterface::class)])
            ->addTag('console.command');
        $this->registerMessenger($container);
    }

    private function registerAfterCommit(ContainerBuilder $container): string
    {
        if (!interface_exists(Middleware::class)) {
            throw new \LogicException('ferry.publish.after_commit needs doctrine/dbal 3.2 or newer.');
        }

        $container->register(TransactionHook::class, TransactionHook::class)
            ->setArguments([new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE)]);
        $container->register(TransactionMiddleware::class, TransactionMiddleware::class)
            ->setArguments([new Reference(TransactionHook::class)])
            ->addTag('doctrine.middleware');
        $container->register('ferry.publisher.after_commit', AfterCommitPublisher::class)
            ->setArguments([new Reference('ferry.publisher'), new Reference(TransactionHook::class)]);

        return 'ferry.publisher.after_commit';
    }

    private function registerMessenger(ContainerBuilder $container): void
    {
        if (!interface_exists(MessageBusInterface::class)) {
            return;
        }

        $container->register(PublishMessageHandler::class, PublishMessageHandler::class)
            ->setArguments([new Reference(BatchPublisherInterface::class)])
            ->addTag('messenger.message_handler', ['handles' => PublishMessage::class]);
        $container->register('ferry.messenger.publish', PublishMiddleware::class)
            ->setArguments([new Reference(BatchPublisherInterface::class)]);
    }
}
