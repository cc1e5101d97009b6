<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\Resolver\ContextResolver;
use Ferry\Handler\Resolver\MapFieldResolver;
use Ferry\Handler\Resolver\MessageResolver;
use Ferry\Handler\Resolver\RouteValueResolver;
use Ferry\Middleware\Envelope;

/**
 * Finds, once per method, where each of its arguments comes from.
 */
final class ArgumentCompiler
{
    /**
     * @param iterable<ValueResolverInterface> $resolvers in the order in which they are asked
     */
    public function __construct(private readonly iterable $resolvers)
    {
    }

    /**
     * Those that need no framework.
     *
     * @return list<ValueResolverInterface>
     */
    public static function builtIn(CurrentServer $server = new CurrentServer()): array
    {
        return [new MapFieldResolver(), new ContextResolver($server), new RouteValueResolver(), new MessageResolver()];
    }

    /**
     * @return list<\Closure(Envelope): mixed>
     *
     * @throws InvalidHandlerException naming the argument that nothing resolves
     */
    public function compile(MethodDescriptor $method): array
    {
        return array_map(fn (ArgumentMetadata $argument): \Closure => $this->argument($argument, $method), $method->arguments);
    }

    /** Whether one of the resolvers knows the argument. */
    public function resolves(ArgumentMetadata $argument, MethodDescriptor $method): bool
    {
        return null !== $this->resolver($argument, $method);
    }

    public static function unresolvable(ArgumentMetadata $argument, MethodDescriptor $method, string $reason = ''): InvalidHandlerException
    {
        $placeholders = [] === $method->placeholders ? 'none here' : implode(', ', $method->placeholders);

        return new InvalidHandlerException(sprintf(
            'Cannot resolve the argument "%s" of %s%s. It can be a Ferry\Connection, Handshake or Identity, a placeholder of the path (%s), %s, a service, or have a default value.',
            $argument,
            $method,
            '' === $reason ? '' : ': '.$reason,
            $placeholders,
            match ($method->event) {
                MethodDescriptor::MESSAGE => 'the decoded message (array $message), the frame (string $data), a field of it (#[MapField])',
                MethodDescriptor::CLOSE => 'int $code, string $reason',
                MethodDescriptor::ERROR => 'the \Throwable',
                default => 'the server (Ferry\WsServer)',
            },
        ));
    }

    private function argument(ArgumentMetadata $argument, MethodDescriptor $method): \Closure
    {
        if (null !== $resolve = $this->resolver($argument, $method)) {
            return $resolve;
        }

        if ($argument->hasDefault || $argument->nullable && null !== $argument->type) {
            $default = $argument->default;

            return static fn (): mixed => $default;
        }

        throw self::unresolvable($argument, $method);
    }

    private function resolver(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        foreach ($this->resolvers as $resolver) {
            if (null !== $resolve = $resolver->compile($argument, $method)) {
                return $resolve;
            }
        }

        return null;
    }
}
