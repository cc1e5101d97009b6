<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Routing;

use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Routing\Middleware\SubstituteBindings;
use Illuminate\Routing\Route;
use Illuminate\Routing\Router;

/**
 * The application's WebSocket paths, apart from those of HTTP: a path may exist on both sides.
 */
final class HandlerRouter extends Router
{
    public function __construct(Dispatcher $events, private readonly Application $application)
    {
        parent::__construct($events, $application);
    }

    /**
     * @param string       $uri     as routes have it: '/chat/{room}', '/chat/{room:slug}'
     * @param class-string $handler
     */
    public function handler(string $uri, string $handler): HandlerRoute
    {
        if (!class_exists($handler)) {
            throw new \InvalidArgumentException(sprintf('The handler of the WebSocket path "%s" must be a class, "%s" is none.', $uri, $handler));
        }

        $route = $this->addRoute(['GET'], $uri, ['uses' => $handler.'@__invoke', 'handler' => $handler]);
        \assert($route instanceof HandlerRoute);

        // A placeholder is a model wherever the handler takes one, also outside of a middleware group that says so.
        return $route->middleware(SubstituteBindings::class);
    }

    /** @return list<HandlerRoute> */
    public function handlers(): array
    {
        return array_values(array_filter($this->routes->getRoutes(), static fn (Route $route): bool => $route instanceof HandlerRoute));
    }

    /**
     * @param array<string>|string $methods
     * @param string               $uri
     */
    public function newRoute($methods, $uri, $action): HandlerRoute
    {
        return (new HandlerRoute($methods, $uri, $action))->setRouter($this)->setContainer($this->application);
    }
}
