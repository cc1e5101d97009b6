<?php

declare(strict_types=1);

namespace App\Http\Middleware;

use Illuminate\Http\Request;

/**
 * Nobody is redirected to a login page here: whoever lacks a token gets a 401.
 */
final class AcceptJson
{
    public function handle(Request $request, \Closure $next): mixed
    {
        $request->headers->set('Accept', 'application/json');

        return $next($request);
    }
}
