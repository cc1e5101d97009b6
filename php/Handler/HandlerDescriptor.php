<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * A handler class on one path: what the attributes say. Plain data: it can be serialised.
 */
final class HandlerDescriptor
{
    /**
     * @param string                 $id         of the service in the container
     * @param class-string           $class
     * @param ?PathPattern           $path       null: every path that no other handler serves
     * @param list<MethodDescriptor> $methods    empty for a HandlerInterface
     * @param list<string>           $middleware ids in the container, outermost first
     * @param bool                   $interface  whether it is a HandlerInterface, called as one
     * @param array<string, mixed>   $options    for bridges
     * @param bool                   $async      whether all its methods may wait for others
     */
    public function __construct(
        public readonly string $id,
        public readonly string $class,
        public readonly ?PathPattern $path,
        public readonly array $methods = [],
        public readonly array $middleware = [],
        public readonly bool $interface = false,
        public readonly int $priority = 0,
        public readonly array $options = [],
        public readonly bool $async = false,
    ) {
    }

    /** Whether something in it waits, so that it wants to run in a fiber. */
    public function waits(): bool
    {
        return $this->async || [] !== array_filter($this->methods, static fn (MethodDescriptor $method): bool => $method->async);
    }

    /** @return ?MethodDescriptor the method of an event that has at most one */
    public function method(string $event): ?MethodDescriptor
    {
        foreach ($this->methods as $method) {
            if ($method->event === $event) {
                return $method;
            }
        }

        return null;
    }
}
