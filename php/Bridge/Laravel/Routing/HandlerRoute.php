<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Routing;

use Illuminate\Routing\Route;

/**
 * One path and its handler. Everything that a route of Laravel can do: middleware(), can(), where(), scopeBindings(),
 * missing(), withTrashed(), name(), domain() …
 */
final class HandlerRoute extends Route
{
    /** @return class-string */
    public function handlerClass(): string
    {
        return $this->action['handler'];
    }

    /**
     * A handler is no controller: asking it for middleware would make one for each handshake.
     *
     * @return array{}
     */
    public function controllerMiddleware(): array
    {
        return [];
    }

    /**
     * What its methods take together, while none of them is chosen: a handshake binds for all of them.
     *
     * @param array<string, mixed>|string|null $conditions
     *
     * @return list<\ReflectionParameter>
     */
    public function signatureParameters($conditions = []): array
    {
        if (isset($this->action['method'])) {
            return parent::signatureParameters($conditions);
        }

        $parameters = [];

        foreach ((new \ReflectionClass($this->handlerClass()))->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
            if ([] === $method->getAttributes() || $method->isStatic()) {
                continue;
            }

            foreach ($this->forMethod($method->getName())->signatureParameters($conditions) as $parameter) {
                $parameters[$parameter->getName()] ??= $parameter;
            }
        }

        return array_values($parameters);
    }

    /**
     * This route with another method of its handler in the place of the action, so that Laravel binds what that
     * method's signature wants.
     */
    public function forMethod(string $method): self
    {
        $route = clone $this;
        $route->action['uses'] = $this->handlerClass().'@'.$method;
        $route->action['method'] = $method;

        return $route;
    }
}
