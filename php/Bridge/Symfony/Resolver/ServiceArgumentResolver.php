<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Resolver;

use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Psr\Container\ContainerInterface;

/**
 * What the container pass has found for an argument: services, and whatever #[Autowire] names.
 */
final class ServiceArgumentResolver implements ValueResolverInterface
{
    /** @param ContainerInterface $arguments by key() */
    public function __construct(private readonly ContainerInterface $arguments)
    {
    }

    public static function key(ArgumentMetadata $argument, MethodDescriptor $method): string
    {
        return sprintf('%s $%s', $method, $argument->name);
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        $key = self::key($argument, $method);

        if (!$this->arguments->has($key)) {
            return null;
        }

        $arguments = $this->arguments;

        return static fn (): mixed => $arguments->get($key);
    }
}
