<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Attribute\MapMessage;
use Ferry\Bridge\Symfony\Resolver\CurrentUserResolver;
use Ferry\Bridge\Symfony\Resolver\MessageObjectResolver;
use Ferry\Bridge\Symfony\Resolver\ServiceArgumentResolver;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\ArgumentCompiler;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\MethodDescriptor;
use Symfony\Component\DependencyInjection\Attribute\Autowire;
use Symfony\Component\DependencyInjection\Attribute\Target;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Says of every argument of every handler where it comes from: the same as the resolvers will, but while the container is
 * compiled, so that a handler that cannot be called is found before it is deployed.
 */
final class ArgumentLinker
{
    private readonly ArgumentCompiler $builtIn;

    /** Whether resolvers of the application may know arguments that nothing here knows. */
    private readonly bool $hasOthers;

    public function __construct(private readonly ContainerBuilder $container)
    {
        $this->builtIn = new ArgumentCompiler(ArgumentCompiler::builtIn());
        $others = array_filter(
            array_keys($container->findTaggedServiceIds('ferry.value_resolver')),
            static fn (string $id): bool => !str_starts_with((string) $container->getDefinition($id)->getClass(), 'Ferry\\'),
        );
        $this->hasOthers = [] !== $others;
    }

    /**
     * @param list<HandlerDescriptor> $handlers
     *
     * @return array<string, Reference> what ServiceArgumentResolver is to find, by its key
     *
     * @throws InvalidHandlerException naming the argument that nothing resolves
     */
    public function link(array $handlers): array
    {
        $links = [];

        foreach ($handlers as $handler) {
            foreach ($handler->methods as $method) {
                $messages = [];

                foreach ($method->arguments as $argument) {
                    if (null !== $reference = $this->argument($argument, $method)) {
                        $links[ServiceArgumentResolver::key($argument, $method)] = $reference;
                    } elseif (MessageObjectResolver::concerns($argument, $method) && !$this->isBuiltIn($argument, $method)) {
                        $messages[] = (string) $argument;
                    }
                }

                if (\count($messages) > 1 && !$this->hasOthers) {
                    throw new InvalidHandlerException(sprintf('Both "%s" and "%s" of %s would be made from the message. If one is a service, say so with #[Autowire]; if both are meant, with #[MapMessage].', $messages[0], $messages[1], $method));
                }
            }
        }

        return $links;
    }

    /**
     * @return ?Reference null: a resolver finds it by itself
     */
    private function argument(ArgumentMetadata $argument, MethodDescriptor $method): ?Reference
    {
        if ($argument->hasAttribute('Symfony\Component\DependencyInjection\Attribute\Autowire')) {
            return $this->autowired($argument, $method);
        }

        if (CurrentUserResolver::concerns($argument)) {
            if (!$this->container->has('security.token_storage')) {
                throw ArgumentCompiler::unresolvable($argument, $method, 'the current user needs the SecurityBundle (composer require symfony/security-bundle)');
            }

            return null;
        }

        if ($this->isBuiltIn($argument, $method)) {
            return null;
        }

        if (null !== $id = $this->service($argument, $method)) {
            return new Reference($id);
        }

        if (MessageObjectResolver::concerns($argument, $method)) {
            if (!$this->container->has('serializer') && !$this->hasOthers) {
                throw ArgumentCompiler::unresolvable($argument, $method, sprintf('to make a %s from the message needs the Serializer (composer require symfony/serializer-pack)', $argument->type));
            }

            return null;
        }

        if ($argument->hasDefault || $argument->nullable && null !== $argument->type || $this->hasOthers) {
            return null;
        }

        $missing = null !== $argument->type && !$argument->builtin ? sprintf('there is no service "%s"', $argument->type) : '';

        throw ArgumentCompiler::unresolvable($argument, $method, $missing);
    }

    private function isBuiltIn(ArgumentMetadata $argument, MethodDescriptor $method): bool
    {
        return $this->builtIn->resolves($argument, $method);
    }

    /** The id of the service that an argument means by its type. */
    private function service(ArgumentMetadata $argument, MethodDescriptor $method): ?string
    {
        if (null === $argument->type || $argument->builtin || $argument->hasAttribute(MapMessage::class)) {
            return null;
        }

        // Named variants, such as LoggerInterface $httpLogger.
        $target = $argument->attribute(Target::class);
        $name = null === $target ? $argument->name : ($target->name ?? $argument->name);

        foreach (["$argument->type $$name", $argument->type] as $id) {
            if ($this->container->has($id) && (!MessageObjectResolver::concerns($argument, $method) || $this->looksLikeService($id))) {
                return $id;
            }
        }

        return null;
    }

    /**
     * Applications register all their classes, those of messages too. A class is taken for a message unless something says
     * that it is a service: an alias, a factory, a tag, or a constructor that wants an interface.
     */
    private function looksLikeService(string $id): bool
    {
        if ($this->container->hasAlias($id)) {
            return true;
        }

        $definition = $this->container->getDefinition($id);
        $tags = array_diff(array_keys($definition->getTags()), ['container.excluded', 'container.error']);

        if (null !== $definition->getFactory() || $definition->isSynthetic() || [] !== $tags || [] !== $definition->getMethodCalls()) {
            return true;
        }

        $class = $definition->getClass() ?? $id;

        foreach (class_exists($class) ? (new \ReflectionClass($class))->getConstructor()?->getParameters() ?? [] : [] as $parameter) {
            $type = $parameter->getType();

            if ($type instanceof \ReflectionNamedType && interface_exists($type->getName()) && !is_a($type->getName(), \DateTimeInterface::class, true)) {
                return true;
            }
        }

        return false;
    }

    private function autowired(ArgumentMetadata $argument, MethodDescriptor $method): Reference
    {
        if (!class_exists(Autowire::class)) {
            throw ArgumentCompiler::unresolvable($argument, $method, '#[Autowire] needs symfony/dependency-injection 6.1 or newer; inject the service into the constructor');
        }

        $attribute = $argument->attribute(Autowire::class);
        \assert(null !== $attribute);
        $value = $this->container->getParameterBag()->resolveValue($attribute->value);

        if ($value instanceof Reference) {
            $id = (string) $value;

            if (!$this->container->has($id) && !$argument->nullable && !$argument->hasDefault) {
                throw ArgumentCompiler::unresolvable($argument, $method, sprintf('there is no service "%s"', $id));
            }

            return $value;
        }

        // Locators hold services: anything else is wrapped in one, as controllers' arguments are.
        $id = '.ferry.value.'.ContainerBuilder::hash([$value, (string) $method, $argument->name]);
        $this->container->setDefinition($id, (new Definition('mixed'))->setFactory('current')->setArguments([[$value]]));

        return new Reference($id);
    }
}
