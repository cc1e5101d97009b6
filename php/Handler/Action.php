<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
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
    /** @var \Closure(Envelope): mixed the method with its middleware; gives what is to be sent */
    public readonly \Closure $run;

    /** @var (\Closure(Connection, string): mixed)|null */
    public readonly ?\Closure $direct;

    /**
     * @param \Closure(Envelope): mixed                   $call       resolves the arguments, asks the guards, calls the method
     * @param list<MiddlewareInterface>                   $middleware
     * @param (\Closure(Connection, string): mixed)|null $direct     the method itself when a connection and a frame are all it
     *                                                                takes: then $call need not come between
     */
    public function __construct(\Closure $call, array $middleware = [], public readonly ?MethodDescriptor $method = null, ?\Closure $direct = null)
    {
        $this->direct = [] === $middleware ? $direct : null;
        $this->run = [] === $middleware ? $call : static function (Envelope $envelope) use ($call, $middleware): mixed {
            $stack = new Stack($middleware, $call);

            return $stack->next()->handle($envelope, $stack)->last(HandledStamp::class)?->result;
        };
    }
}
