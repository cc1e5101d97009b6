<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Bridge\Symfony\Handler\SerializerNormalizer;
use Ferry\Bridge\Symfony\Resolver\ServiceArgumentResolver;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\DescriptorFactory;
use Ferry\Handler\EndpointFactory;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\HandlerRegistry;
use Ferry\Handler\Router;
use Ferry\Middleware\MiddlewareInterface;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\Compiler\ServiceLocatorTagPass;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Exception\InvalidArgumentException;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Finds the handlers, and refuses at compile time what could not be served.
 */
final class HandlersPass implements CompilerPassInterface
{
    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasDefinition(HandlerRegistry::class)) {
            return;
        }

        if (!$container->has('serializer')) {
            $container->removeDefinition(SerializerNormalizer::class);
        }

        try {
            [$registered, $descriptors] = $this->collect($container);
            $router = new Router($descriptors);
            $arguments = (new ArgumentLinker($container))->link($descriptors);
        } catch (InvalidHandlerException $e) {
            throw new InvalidArgumentException($e->getMessage(), 0, $e);
        }

        $references = [];

        foreach ($descriptors as $descriptor) {
            $references[$descriptor->id] = new Reference($descriptor->id);
        }

        $container->getDefinition(HandlerRegistry::class)->setArgument(0, $registered);
        $container->getDefinition(EndpointFactory::class)
            ->setArgument(0, ServiceLocatorTagPass::register($container, $references))
            ->setArgument(2, array_map(static fn (Reference $middleware): Reference => self::checkedMiddleware($container, (string) $middleware, '"ferry.middleware"'), $container->getDefinition(EndpointFactory::class)->getArgument(2)))
            ->setArgument(4, ServiceLocatorTagPass::register($container, $this->middleware($container, $descriptors)));
        $container->getDefinition(ServiceArgumentResolver::class)->setArgument(0, ServiceLocatorTagPass::register($container, $arguments));
        $this->setPaths($container, $router, $descriptors);

        if ([] !== array_filter($descriptors, static fn (HandlerDescriptor $descriptor): bool => $descriptor->waits())) {
            ServerSection::turnFibersOn($container);
        }
    }

    /**
     * @return array{list<array{id: string, class: string, on?: list<array<string, mixed>>}>, list<HandlerDescriptor>}
     */
    private function collect(ContainerBuilder $container): array
    {
        $registered = $descriptors = [];

        foreach ($container->findTaggedServiceIds('ferry.handler') as $id => $tags) {
            $definition = $container->getDefinition($id);

            if ($definition->isAbstract()) {
                continue;
            }

            $class = $container->getParameterBag()->resolveValue($definition->getClass() ?? $id);
            \assert(\is_string($class));

            // A handler that decides about its own handshakes is asked by itself, and about no other.
            $definition->clearTag('ferry.admission');
            $entry = ['id' => $id, 'class' => $class];
            $paths = array_values(array_filter($tags, static fn (array $tag): bool => isset($tag['path'])));

            if ([] !== $paths) {
                $entry['on'] = $paths;
            }

            $registered[] = $entry;
            $on = [] === $paths ? null : array_map(static fn (array $arguments): AsWsHandler => new AsWsHandler(...$arguments), $paths);
            array_push($descriptors, ...DescriptorFactory::describe($class, $id, $on));
        }

        return [$registered, $descriptors];
    }

    /**
     * @param list<HandlerDescriptor> $descriptors
     *
     * @return array<string, Reference>
     */
    private function middleware(ContainerBuilder $container, array $descriptors): array
    {
        $references = [];

        foreach ($descriptors as $descriptor) {
            foreach ($descriptor->middleware as $id) {
                $references[$id] = self::checkedMiddleware($container, $id, sprintf('The handler "%s"', $descriptor->id));
            }
        }

        return $references;
    }

    private static function checkedMiddleware(ContainerBuilder $container, string $id, string $by): Reference
    {
        if (!$container->has($id)) {
            throw new InvalidArgumentException(sprintf('%s names the middleware "%s", which is no service. Register it, or name a service that implements %s.', $by, $id, MiddlewareInterface::class));
        }

        $class = $container->getParameterBag()->resolveValue($container->findDefinition($id)->getClass() ?? $id);

        // Of a factory's product the definition may know no more than an interface.
        if (\is_string($class) && class_exists($class) && !is_a($class, MiddlewareInterface::class, true)) {
            throw new InvalidArgumentException(sprintf('%s names the middleware "%s", but %s does not implement %s.', $by, $id, $class, MiddlewareInterface::class));
        }

        return new Reference($id);
    }

    /**
     * Where a list of paths says it all, the server refuses other paths by itself, without PHP.
     *
     * @param list<HandlerDescriptor> $descriptors
     */
    private function setPaths(ContainerBuilder $container, Router $router, array $descriptors): void
    {
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);

        foreach ([] === ($options['path'] ?? []) ? [] : $descriptors as $descriptor) {
            if (null !== $descriptor->path) {
                throw new InvalidArgumentException(sprintf('"ferry.server.path" and the path "%s" of the handler "%s" contradict each other: leave the option out. It is for handlers without a path.', $descriptor->path->path, $descriptor->id));
            }
        }

        if (null !== $router->paths() && [] !== $router->paths()) {
            $options['path'] = $router->paths();
        }

        $container->setParameter(ServerSection::OPTIONS, $options);
    }
}
