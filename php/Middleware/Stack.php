<?php

declare(strict_types=1);

namespace Ferry\Middleware;

/**
 * @internal
 */
final class Stack implements StackInterface, MiddlewareInterface
{
    private int $position = 0;

    /**
     * @param list<MiddlewareInterface>  $middleware
     * @param \Closure(Envelope): mixed $call       calls the handler
     */
    public function __construct(private readonly array $middleware, private readonly \Closure $call)
    {
    }

    public function next(): MiddlewareInterface
    {
        return $this->middleware[$this->position++] ?? $this;
    }

    public function handle(Envelope $envelope, StackInterface $stack): Envelope
    {
        return $envelope->with(new HandledStamp(($this->call)($envelope)));
    }
}
