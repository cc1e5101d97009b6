<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Bridge\Laravel\Http\HandshakeRequest;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;
use Illuminate\Auth\AuthenticationException;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;

/**
 * What a controller's method may ask for: the user, the request, which here is that of the handshake, and whatever the container
 * makes, with its contextual attributes where the version has them.
 */
final class ContainerResolver implements ValueResolverInterface
{
    public function __construct(private readonly Application $app)
    {
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if (null !== $contextual = $this->contextual($argument, $method)) {
            return $contextual;
        }

        if (null === $argument->type || $argument->builtin) {
            return null;
        }

        return match (true) {
            $argument->isA(Authenticatable::class) => $this->user($argument),
            $argument->isA(Request::class) => static fn (Envelope $envelope): Request => HandshakeRequest::from($envelope->connection->handshake()),
            $this->makes($argument->type) => fn (): mixed => $this->app->make((string) $argument->type),
            default => null,
        };
    }

    private function user(ArgumentMetadata $argument): \Closure
    {
        return function () use ($argument): ?Authenticatable {
            $user = $this->app->make('auth')->user();

            if ($user instanceof $argument->type) {
                return $user;
            }

            return $argument->nullable ? null : throw new AuthenticationException();
        };
    }

    private function contextual(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if (!method_exists($this->app, 'resolveFromAttribute')) {
            return null;
        }

        foreach ($method->reflect()->getParameters() as $parameter) {
            $attribute = $parameter->getName() === $argument->name
                ? ($parameter->getAttributes('Illuminate\Contracts\Container\ContextualAttribute', \ReflectionAttribute::IS_INSTANCEOF)[0] ?? null)
                : null;

            if (null !== $attribute) {
                return fn (): mixed => $this->app->resolveFromAttribute($attribute);
            }
        }

        return null;
    }

    private function makes(string $type): bool
    {
        return $this->app->bound($type) || class_exists($type) && (new \ReflectionClass($type))->isInstantiable();
    }
}
