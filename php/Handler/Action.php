<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Middleware\Envelope;
use Ferry\Middleware\HandledStamp;
use Ferry\Middleware\MiddlewareInterface;
use Ferry\Middleware\Stack;

/**
 * A method of a handler, ready to be called.
 *
 * @internal
 */
final class Action
{
    /**
     * @param \Closure(Envelope): mixed $call       resolves the arguments, asks the guards, calls the method
     * @param list<MiddlewareInterface> $middleware
     */
    public function __construct(
        public readonly \Closure $call,
        public readonly array $middleware,
        public readonly ?MethodDescriptor $method = null,
    ) {
    }

    public function run(Envelope $envelope): mixed
    {
        if ([] === $this->middleware) {
            return ($this->call)($envelope);
        }

        $stack = new Stack($this->middleware, $this->call);

        return $stack->next()->handle($envelope, $stack)->last(HandledStamp::class)?->result;
    }
}
