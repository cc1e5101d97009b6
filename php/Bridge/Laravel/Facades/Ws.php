<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Facades;

use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Bridge\Laravel\WebSockets;
use Illuminate\Routing\RouteRegistrar;
use Illuminate\Support\Facades\Facade;

/**
 * @method static HandlerRoute   handler(string $uri, string $handler)
 * @method static RouteRegistrar middleware(array|string ...$middleware)
 * @method static RouteRegistrar prefix(string $prefix)
 * @method static RouteRegistrar name(string $name)
 * @method static RouteRegistrar domain(string $domain)
 * @method static string         url(string $path = '/')
 * @method static string         ticket(\Illuminate\Contracts\Auth\Authenticatable $user, ?string $guard = null, ?int $ttl = null)
 *
 * @see WebSockets
 */
final class Ws extends Facade
{
    protected static function getFacadeAccessor(): string
    {
        return WebSockets::class;
    }
}
