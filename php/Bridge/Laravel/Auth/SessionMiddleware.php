<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Http\Request;
use Illuminate\Routing\Router;
use Illuminate\Session\Middleware\StartSession;

/**
 * The middleware that a session needs: the application's own where its "web" group has it, Laravel's otherwise.
 *
 * @internal
 */
final class SessionMiddleware
{
    /**
     * What is to run before a handler's own middleware.
     *
     * @param list<\Closure|string> $middleware of the handler
     *
     * @return list<\Closure|string>
     */
    public static function missingIn(array $middleware, Router $router, Repository $config, Request $request): array
    {
        $cookie = $config->get('session.cookie');

        if (true !== $config->get('ws.auth.session') || null === $config->get('session.driver') || !\is_string($cookie)) {
            return [];
        }

        if (null !== self::find(StartSession::class, $middleware)) {
            return [];
        }

        $group = (array) ($router->getMiddlewareGroups()['web'] ?? []);
        $encrypt = self::find(EncryptCookies::class, $middleware) ?? self::find(EncryptCookies::class, $group) ?? EncryptCookies::class;
        $start = self::find(StartSession::class, $group) ?? StartSession::class;

        // Without a session cookie that was issued here there is no session to find, and none must be begun: its cookie could
        // not be sent, so every such handshake would leave one behind.
        if (null === $request->cookies->get($cookie)) {
            return [];
        }

        return [$encrypt, static fn (Request $request, \Closure $next): mixed => \is_string($request->cookies->get($cookie))
            ? app($start)->handle($request, $next)
            : $next($request)];
    }

    /**
     * @param class-string          $class
     * @param array<\Closure|string> $middleware
     */
    private static function find(string $class, array $middleware): ?string
    {
        foreach ($middleware as $candidate) {
            if (\is_string($candidate) && is_a(explode(':', $candidate)[0], $class, true)) {
                return $candidate;
            }
        }

        return null;
    }
}
