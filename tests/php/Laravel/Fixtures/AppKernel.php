<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Auth\Middleware\Authenticate;
use Illuminate\Auth\Middleware\Authorize;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Routing\Middleware\SubstituteBindings;
use Illuminate\Routing\Middleware\ThrottleRequests;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\View\Middleware\ShareErrorsFromSession;

/**
 * The middleware of Laravel's own skeleton, as every version understands it.
 */
final class AppKernel extends Kernel
{
    protected $middlewareGroups = [
        'web' => [EncryptCookies::class, AddQueuedCookiesToResponse::class, StartSession::class, ShareErrorsFromSession::class, SubstituteBindings::class],
        'api' => [SubstituteBindings::class],
    ];

    /** Laravel 8 has only this name. */
    protected $routeMiddleware = self::ALIASES;

    protected $middlewareAliases = self::ALIASES;

    private const ALIASES = [
        'auth' => Authenticate::class,
        'can' => Authorize::class,
        'throttle' => ThrottleRequests::class,
    ];
}
