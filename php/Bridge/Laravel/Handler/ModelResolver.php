<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\Routing\UrlRoutable;

/**
 * Route-model binding: a placeholder as the model it names, read anew for each event. Implicit and explicit binding, keys,
 * enums, scopes and missing models are Laravel's own.
 */
final class ModelResolver implements ValueResolverInterface
{
    /** @var \WeakMap<Envelope, HandlerRoute> so that a method with two models binds them once */
    private \WeakMap $bound;

    public function __construct(private readonly Application $app)
    {
        $this->bound = new \WeakMap();
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if (!\in_array($argument->name, $method->placeholders, true) || null === $argument->type || $argument->builtin) {
            return null;
        }

        $explicit = null !== $this->app->make('router')->getBindingCallback($argument->name);

        if (!$explicit && !is_a($argument->type, UrlRoutable::class, true)) {
            return null;
        }

        $name = $argument->name;

        return fn (Envelope $envelope): mixed => $this->bind($envelope, $method->name)->parameter($name);
    }

    private function bind(Envelope $envelope, string $method): HandlerRoute
    {
        if (isset($this->bound[$envelope])) {
            return $this->bound[$envelope];
        }

        $route = HandlerCatalog::route($envelope->session->handler)->forMethod($method);
        $route->parameters = array_filter($envelope->session->route, static fn (?string $value): bool => null !== $value);
        $router = $this->app->make('router');
        $router->substituteBindings($route);
        $router->substituteImplicitBindings($route);

        return $this->bound[$envelope] = $route;
    }
}
