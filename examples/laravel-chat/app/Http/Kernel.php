<?php

declare(strict_types=1);

namespace App\Http;

use App\Http\Middleware\AcceptJson;
use Illuminate\Auth\Middleware\Authenticate;
use Illuminate\Foundation\Http\Kernel as HttpKernel;
use Illuminate\Routing\Middleware\SubstituteBindings;

final class Kernel extends HttpKernel
{
    protected $middlewareGroups = ['api' => [AcceptJson::class, SubstituteBindings::class]];

    /** Laravel 8 knows only this name. */
    protected $routeMiddleware = ['auth' => Authenticate::class];

    protected $middlewareAliases = ['auth' => Authenticate::class];
}
