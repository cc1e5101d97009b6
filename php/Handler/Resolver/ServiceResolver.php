<?php

declare(strict_types=1);

namespace Ferry\Handler\Resolver;

use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Psr\Container\ContainerInterface;

/**
 * A service of a PSR-11 container, by the argument's type. It is asked for at each call, so that services that are reset or
 * replaced between two events are the right ones.
 */
final class ServiceResolver implements ValueResolverInterface
{
    public function __construct(private readonly ContainerInterface $container)
    {
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        $id = $argument->type;

        if (null === $id || $argument->builtin || !$this->container->has($id)) {
            return null;
        }

        $container = $this->container;

        return static fn (): mixed => $container->get($id);
    }
}
