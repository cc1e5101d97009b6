<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Bridge\Laravel\Routing\HandlerRouter;
use Ferry\Handler\DescriptorFactory;
use Ferry\Handler\HandlerDescriptor;
use Illuminate\Contracts\Config\Repository;

/**
 * The handlers that routes/ws.php registers, as Ferry describes handlers. The file is read when they are first needed: a
 * web request has no use for them.
 */
final class HandlerCatalog
{
    private const ROUTE = 'laravel.route';

    private bool $loaded = false;

    public function __construct(private readonly HandlerRouter $router, private readonly Repository $config)
    {
    }

    /**
     * @return list<HandlerDescriptor>
     *
     * @throws \Ferry\Exception\InvalidHandlerException when one cannot be served
     */
    public function handlers(): array
    {
        $this->load();
        $descriptors = [];

        foreach ($this->router->handlers() as $route) {
            array_push($descriptors, ...DescriptorFactory::describe($route->handlerClass(), null, self::attribute($route)));
        }

        return $descriptors;
    }

    public static function route(HandlerDescriptor $handler): HandlerRoute
    {
        $route = $handler->options[self::ROUTE] ?? null;

        return $route instanceof HandlerRoute ? $route : throw new \LogicException(sprintf('The handler "%s" was not registered with Ws::handler().', $handler->id));
    }

    private function load(): void
    {
        $file = $this->config->get('ws.routes');

        if (!$this->loaded && \is_string($file) && is_file($file)) {
            $this->loaded = true;
            require $file;
        }
    }

    private static function attribute(HandlerRoute $route): AsWsHandler
    {
        $names = $route->parameterNames();
        $path = '/'.ltrim($route->uri(), '/');
        preg_match_all('/\{(\w+)\?\}/', $path, $optional);

        return new AsWsHandler(
            (string) preg_replace('/\{(\w+)\?\}/', '{$1}', $path),
            requirements: array_intersect_key($route->wheres, array_flip($names)),
            defaults: array_intersect_key($route->defaults, array_flip($names)) + array_fill_keys($optional[1], null),
            options: [self::ROUTE => $route],
        );
    }
}
