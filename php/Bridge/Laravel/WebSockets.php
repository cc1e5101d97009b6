<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel;

use Ferry\Auth\TicketIssuer;
use Ferry\Bridge\Laravel\Auth\GuardClaim;
use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Bridge\Laravel\Routing\HandlerRouter;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Container\Container;
use Illuminate\Routing\RouteRegistrar;

/**
 * What stands behind the facade Ws.
 *
 * @method RouteRegistrar middleware(array|string ...$middleware)
 * @method RouteRegistrar prefix(string $prefix)
 * @method RouteRegistrar name(string $name)
 * @method RouteRegistrar domain(string $domain)
 */
final class WebSockets
{
    private const GROUP_ATTRIBUTES = ['as', 'domain', 'middleware', 'name', 'prefix', 'scopeBindings', 'where', 'withoutMiddleware', 'withoutScopedBindings'];

    public function __construct(
        private readonly Container $container,
        private readonly HandlerRouter $handlers,
        private readonly Repository $config,
    ) {
    }

    /**
     * Serves connections to a path, in routes/ws.php.
     *
     *     Ws::handler('/chat/{room}', Chat::class)->middleware('auth:sanctum');
     *
     * @param class-string $handler
     */
    public function handler(string $uri, string $handler): HandlerRoute
    {
        return $this->handlers->handler($uri, $handler);
    }

    /**
     * What several handlers have in common, as with routes: Ws::middleware('auth')->prefix('chat')->group(…).
     *
     * @param list<mixed> $arguments
     */
    public function __call(string $method, array $arguments): RouteRegistrar
    {
        if (!\in_array($method, self::GROUP_ATTRIBUTES, true)) {
            throw new \BadMethodCallException(sprintf('Method %s::%s does not exist.', self::class, $method));
        }

        return $this->handlers->__call($method, $arguments);
    }

    /**
     * A ticket with which the user's page connects once, within seconds: 'wss://…?ticket='.Ws::ticket($user). For pages whose
     * cookies do not reach the server.
     *
     * @param ?string $guard by whose name the user is known to handlers, by default the application's
     * @param ?int    $ttl   seconds until it expires; null: as configured
     */
    public function ticket(Authenticatable $user, ?string $guard = null, ?int $ttl = null): string
    {
        $identity = GuardClaim::of($user, $guard ?? $this->container->make('auth')->getDefaultDriver());

        return $this->container->make(TicketIssuer::class)->issue($identity[0], [], $identity[1], $ttl);
    }

    /** The address of a path for clients, 'ws://…' or 'wss://…', from the section "public" of config/ws.php. */
    public function url(string $path = '/'): string
    {
        $public = (array) $this->config->get('ws.public');
        $secure = \in_array($public['scheme'] ?? 'http', ['https', 'wss'], true);
        $port = (int) ($public['port'] ?? 0);

        return sprintf(
            '%s://%s%s/%s',
            $secure ? 'wss' : 'ws',
            $public['host'] ?? '127.0.0.1',
            0 === $port || $port === ($secure ? 443 : 80) ? '' : ':'.$port,
            ltrim($path, '/'),
        );
    }
}
