<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Facades;

use Ferry\Api\ApiClient;
use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Bridge\Laravel\Testing\FakePublisher;
use Ferry\Bridge\Laravel\WebSockets;
use Ferry\Connection;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Routing\RouteRegistrar;
use Illuminate\Support\Facades\Facade;

/**
 * @method static HandlerRoute   handler(string $uri, string $handler)
 * @method static RouteRegistrar middleware(array|string ...$middleware)
 * @method static RouteRegistrar prefix(string $prefix)
 * @method static RouteRegistrar name(string $name)
 * @method static RouteRegistrar domain(string $domain)
 * @method static int            publish(string|array $rooms, string $event, mixed $data = null, ?string $except = null)
 * @method static int            toUser(Authenticatable|string|int $user, string $event, mixed $data = null)
 * @method static int            disconnectUser(Authenticatable|string|int $user, int $code = 4401, string $reason = '')
 * @method static array          connections(?string $room = null)
 * @method static string         url(string $path = '/')
 * @method static string         ticket(Authenticatable $user, ?string $guard = null, ?int $ttl = null)
 * @method static ApiClient      api(Connection $connection)
 * @method static FakePublisher  fake()
 * @method static void           assertPublished(string $event, \Closure|int|null $expected = null)
 * @method static void           assertPublishedTo(string|array $rooms, string $event, ?\Closure $expected = null)
 * @method static void           assertPublishedToUser(string|int $userIdentifier, string $event, ?\Closure $expected = null)
 * @method static void           assertNotPublished(string $event, ?\Closure $expected = null)
 * @method static void           assertNothingPublished()
 * @method static void           assertUserDisconnected(string|int $userIdentifier)
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
