<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Attribute\AsWsHandler;
use Ferry\Bridge\Symfony\Handler\SerializerNormalizer;
use Ferry\Bridge\Symfony\RequestContextState;
use Ferry\Bridge\Symfony\RequestStackState;
use Ferry\Bridge\Symfony\Resolver\CurrentUserResolver;
use Ferry\Bridge\Symfony\Resolver\MessageObjectResolver;
use Ferry\Bridge\Symfony\Resolver\ServiceArgumentResolver;
use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\ArgumentCompiler;
use Ferry\Handler\CurrentServer;
use Ferry\Handler\EndpointFactory;
use Ferry\Handler\ExceptionMapperInterface;
use Ferry\Handler\GuardInterface;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\HandlerRegistry;
use Ferry\Handler\JsonMessageDecoder;
use Ferry\Handler\MessageDecoderInterface;
use Ferry\Handler\Resolver\ContextResolver;
use Ferry\Handler\Resolver\MapFieldResolver;
use Ferry\Handler\Resolver\MessageResolver;
use Ferry\Handler\Resolver\RouteValueResolver;
use Ferry\Handler\Router;
use Ferry\Handler\ScopeInterface;
use Ferry\Handler\ValueResolverInterface;
use Ferry\HandlerInterface;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\Argument\TaggedIteratorArgument;
use Symfony\Component\DependencyInjection\ChildDefinition;
use Symfony\Component\DependencyInjection\Compiler\ServiceLocatorTagPass;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Handlers and what runs around them. HandlersPass fills in what it finds in the container.
 */
final class HandlerSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('middleware')
            ->info('Service ids of middleware around every handler, outermost first (Ferry\Middleware\MiddlewareInterface)')
            ->example(['App\WebSocket\LogMiddleware'])
            ->scalarPrototype()->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        $this->autoconfigure($container);

        $container->register(CurrentServer::class, CurrentServer::class);
        $container->register(HandlerRegistry::class, HandlerRegistry::class)->setArguments([[]]);
        $container->register(Router::class, Router::class)->setArguments([new Reference(HandlerRegistry::class)]);
        $container->register(JsonMessageDecoder::class, JsonMessageDecoder::class);
        $container->setAlias(MessageDecoderInterface::class, JsonMessageDecoder::class);

        $container->register(RequestStackState::class, RequestStackState::class)->setArguments([new Reference('request_stack')])->addTag('ferry.suspendable');
        $container->register(RequestContextState::class, RequestContextState::class)->setArguments([new Reference('router.request_context', ContainerInterface::NULL_ON_INVALID_REFERENCE)])->addTag('ferry.suspendable');

        $this->registerResolvers($container);

        /** @var list<string> $middleware */
        $middleware = $config['middleware'];
        $container->register(EndpointFactory::class, EndpointFactory::class)->setArguments([
            ServiceLocatorTagPass::register($container, []),
            new Reference(ArgumentCompiler::class),
            array_map(static fn (string $id): Reference => new Reference(ltrim($id, '@')), $middleware),
            new TaggedIteratorArgument('ferry.guard'),
            ServiceLocatorTagPass::register($container, []),
        ]);

        $optional = static fn (string $id): Reference => new Reference($id, ContainerInterface::NULL_ON_INVALID_REFERENCE);
        $container->register(HandlerDispatcher::class, HandlerDispatcher::class)
            ->setArguments([
                new Reference(Router::class),
                new Reference(HandlerRegistry::class),
                new Reference(EndpointFactory::class),
                new Reference(CurrentServer::class),
                new Reference(MessageDecoderInterface::class),
                new TaggedIteratorArgument('ferry.scope'),
                new TaggedIteratorArgument('ferry.admission'),
                new TaggedIteratorArgument('ferry.exception_mapper'),
                new Reference('event_dispatcher'),
                $optional(SerializerNormalizer::class),
                $optional('logger'),
                new TaggedIteratorArgument('ferry.suspendable'),
            ])
            ->addTag('monolog.logger', ['channel' => 'ferry']);
    }

    private function autoconfigure(ContainerBuilder $container): void
    {
        $container->registerForAutoconfiguration(HandlerInterface::class)->addTag('ferry.handler');
        $container->registerForAutoconfiguration(ScopeInterface::class)->addTag('ferry.scope');
        $container->registerForAutoconfiguration(AdmissionInterface::class)->addTag('ferry.admission');
        $container->registerForAutoconfiguration(GuardInterface::class)->addTag('ferry.guard');
        $container->registerForAutoconfiguration(ExceptionMapperInterface::class)->addTag('ferry.exception_mapper');
        $container->registerForAutoconfiguration(ValueResolverInterface::class)->addTag('ferry.value_resolver');
        $container->registerAttributeForAutoconfiguration(AsWsHandler::class, static function (ChildDefinition $definition): void {
            // What the attribute says is read from the class; the tag only says that it is one.
            if (!$definition->hasTag('ferry.handler')) {
                $definition->addTag('ferry.handler');
            }
        });
    }

    /** Those of the application have the priority 0, so they come first. */
    private function registerResolvers(ContainerBuilder $container): void
    {
        $container->register(ArgumentCompiler::class, ArgumentCompiler::class)->setArguments([new TaggedIteratorArgument('ferry.value_resolver')]);

        $resolvers = [
            MapFieldResolver::class => [],
            CurrentUserResolver::class => [new Reference('security.token_storage', ContainerInterface::NULL_ON_INVALID_REFERENCE)],
            ServiceArgumentResolver::class => [ServiceLocatorTagPass::register($container, [])],
            ContextResolver::class => [new Reference(CurrentServer::class)],
            RouteValueResolver::class => [],
            MessageResolver::class => [],
            MessageObjectResolver::class => [
                new Reference('serializer', ContainerInterface::NULL_ON_INVALID_REFERENCE),
                new Reference('validator', ContainerInterface::NULL_ON_INVALID_REFERENCE),
                new Reference('translator', ContainerInterface::NULL_ON_INVALID_REFERENCE),
            ],
        ];
        $priority = -10;

        foreach ($resolvers as $class => $arguments) {
            $container->register($class, $class)->setArguments($arguments)->addTag('ferry.value_resolver', ['priority' => $priority]);
            $priority -= 10;
        }

        $container->register(SerializerNormalizer::class, SerializerNormalizer::class)->setArguments([new Reference('serializer')]);
    }
}
