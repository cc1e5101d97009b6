<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Exception\InvalidHandlerException;
use Ferry\HandlerInterface;
use Ferry\Hygiene\Retry;
use Ferry\Middleware\Envelope;
use Ferry\Middleware\MiddlewareInterface;
use Psr\Container\ContainerInterface;

/**
 * Takes a handler from the container and makes its methods ready to be called, so that no event needs reflection.
 */
final class EndpointFactory
{
    /**
     * @param ContainerInterface            $handlers        by HandlerDescriptor::$id
     * @param iterable<MiddlewareInterface> $middleware      around every handler, outermost first
     * @param iterable<GuardInterface>      $guards
     * @param ?ContainerInterface           $namedMiddleware by HandlerDescriptor::$middleware; null: that of the handlers
     * @param bool                          $shared          whether one handler serves every event; otherwise the container is
     *                                                       asked for each
     * @param ?Retry                        $retry           of events whose failure could be mended
     */
    public function __construct(
        private readonly ContainerInterface $handlers,
        private readonly ArgumentCompiler $arguments,
        private readonly iterable $middleware = [],
        private readonly iterable $guards = [],
        private readonly ?ContainerInterface $namedMiddleware = null,
        private readonly bool $shared = true,
        private readonly ?Retry $retry = null,
    ) {
    }

    /**
     * @throws InvalidHandlerException
     */
    public function create(HandlerDescriptor $descriptor): Endpoint
    {
        $handler = $this->handlers->get($descriptor->id);

        if (!$handler instanceof $descriptor->class) {
            throw new InvalidHandlerException(sprintf('The handler "%s" is a %s, not a %s.', $descriptor->id, get_debug_type($handler), $descriptor->class));
        }

        $middleware = [...$this->middleware, ...array_map($this->named(...), $descriptor->middleware)];

        if ($handler instanceof HandlerInterface) {
            return $this->ofInterface($descriptor, $handler, $middleware);
        }

        $actions = ['types' => []];

        foreach ($descriptor->methods as $method) {
            $call = $this->method($descriptor, $handler, $method);
            $resolvers = $this->arguments->compile($method);
            $guards = $this->guardsOf($method);
            $takesFrame = [Sources::connection(), Sources::payload()] === $resolvers && [] === $guards && null === $this->retry;
            $action = new Action($this->retried($this->call($call, $resolvers, $guards), $method->event), $middleware, $method, $takesFrame ? $call : null);

            if (MethodDescriptor::MESSAGE !== $method->event) {
                $actions[$method->event] = $action;
            } elseif (null !== $method->type) {
                $actions['types'][$method->type] = $action;
            } else {
                $actions[$method->raw ? 'raw' : 'other'] = $action;
            }
        }

        return new Endpoint($descriptor, $handler, ...$actions);
    }

    /**
     * @param list<MiddlewareInterface> $middleware
     */
    private function ofInterface(HandlerDescriptor $descriptor, HandlerInterface $handler, array $middleware): Endpoint
    {
        $open = static fn (Envelope $envelope) => $handler->onOpen($envelope->connection);
        $message = static fn (Envelope $envelope) => $handler->onMessage($envelope->connection, $envelope->message->payload ?? '', $envelope->message->binary ?? false);

        return new Endpoint(
            $descriptor,
            $handler,
            open: new Action($this->retried($this->guarded($open, $descriptor, 'onOpen', MethodDescriptor::OPEN)), $middleware),
            raw: new Action($this->retried($this->guarded($message, $descriptor, 'onMessage', MethodDescriptor::MESSAGE)), $middleware),
            close: new Action($this->retried(static fn (Envelope $envelope) => $handler->onClose($envelope->connection, $envelope->code, $envelope->reason)), $middleware),
            error: new Action(static fn (Envelope $envelope) => null === $envelope->error ? null : $handler->onError($envelope->connection, $envelope->error), $middleware),
        );
    }

    /**
     * A method of HandlerInterface behind the guards that its attributes ask for.
     *
     * @param \Closure(Envelope): mixed $call
     * @param MethodDescriptor::*       $event
     *
     * @return \Closure(Envelope): mixed
     */
    private function guarded(\Closure $call, HandlerDescriptor $descriptor, string $name, string $event): \Closure
    {
        $arguments = array_map(ArgumentMetadata::fromReflection(...), (new \ReflectionMethod($descriptor->class, $name))->getParameters());
        $guards = $this->guardsOf(new MethodDescriptor($descriptor->class, $name, $event, raw: MethodDescriptor::MESSAGE === $event, arguments: $arguments));

        if ([] === $guards) {
            return $call;
        }

        return static function (Envelope $envelope) use ($call, $guards): mixed {
            foreach ($guards as $check) {
                $check($envelope, [$envelope->connection, $envelope->message->payload ?? '', $envelope->message->binary ?? false]);
            }

            return $call($envelope);
        };
    }

    /**
     * @return list<\Closure(Envelope, list<mixed>): void>
     */
    private function guardsOf(MethodDescriptor $method): array
    {
        $guards = [];

        foreach ($this->guards as $guard) {
            if (null !== $check = $guard->compile($method)) {
                $guards[] = $check;
            }
        }

        return $guards;
    }

    private function method(HandlerDescriptor $descriptor, object $handler, MethodDescriptor $method): \Closure
    {
        if ($this->shared) {
            return $handler->{$method->name}(...);
        }

        $handlers = $this->handlers;

        return static fn (mixed ...$arguments): mixed => $handlers->get($descriptor->id)->{$method->name}(...$arguments);
    }

    /**
     * @param list<\Closure(Envelope): mixed>              $resolvers
     * @param list<\Closure(Envelope, list<mixed>): void> $guards
     *
     * @return \Closure(Envelope): mixed
     */
    private function call(\Closure $call, array $resolvers, array $guards): \Closure
    {
        if ([] !== $guards) {
            return static function (Envelope $envelope) use ($call, $resolvers, $guards): mixed {
                $arguments = [];

                foreach ($resolvers as $resolve) {
                    $arguments[] = $resolve($envelope);
                }

                foreach ($guards as $check) {
                    $check($envelope, $arguments);
                }

                return $call(...$arguments);
            };
        }

        // Few arguments are the rule, and an array of them costs as much as the call.
        [$a, $b, $c] = $resolvers + [null, null, null];

        return match (\count($resolvers)) {
            0 => static fn (Envelope $envelope): mixed => $call(),
            1 => match ($a) {
                Sources::connection() => static fn (Envelope $envelope): mixed => $call($envelope->connection),
                Sources::payload() => static fn (Envelope $envelope): mixed => $call($envelope->message->payload ?? ''),
                Sources::data() => static fn (Envelope $envelope): mixed => $call($envelope->message?->data),
                default => static fn (Envelope $envelope): mixed => $call($a($envelope)),
            },
            2 => match ([$a, $b]) {
                [Sources::connection(), Sources::data()] => static fn (Envelope $envelope): mixed => $call($envelope->connection, $envelope->message?->data),
                [Sources::connection(), $b] => static fn (Envelope $envelope): mixed => $call($envelope->connection, $b($envelope)),
                default => static fn (Envelope $envelope): mixed => $call($a($envelope), $b($envelope)),
            },
            3 => static fn (Envelope $envelope): mixed => $call($a($envelope), $b($envelope), $c($envelope)),
            default => static function (Envelope $envelope) use ($call, $resolvers): mixed {
                $arguments = [];

                foreach ($resolvers as $resolve) {
                    $arguments[] = $resolve($envelope);
                }

                return $call(...$arguments);
            },
        };
    }

    /**
     * @param \Closure(Envelope): mixed $call
     *
     * @return \Closure(Envelope): mixed
     */
    private function retried(\Closure $call, string $event = MethodDescriptor::MESSAGE): \Closure
    {
        // A failure is told of once.
        return null === $this->retry || MethodDescriptor::ERROR === $event ? $call : $this->retry->wrap($call);
    }

    private function named(string $id): MiddlewareInterface
    {
        $container = $this->namedMiddleware ?? $this->handlers;
        $middleware = $container->has($id) ? $container->get($id) : null;

        if (!$middleware instanceof MiddlewareInterface) {
            throw new InvalidHandlerException(sprintf('The middleware "%s" is %s, not a service that implements %s.', $id, null === $middleware ? 'unknown' : 'a '.get_debug_type($middleware), MiddlewareInterface::class));
        }

        return $middleware;
    }
}
