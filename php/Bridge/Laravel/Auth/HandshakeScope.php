<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Bridge\Laravel\Http\HandshakeRequest;
use Ferry\Handshake;
use Ferry\Http\CrossSite;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;

/**
 * Makes a handshake the application's current request, see RequestScope.
 *
 * @internal
 */
final class HandshakeScope
{
    public function __construct(private readonly Application $app, private readonly RequestScope $requests)
    {
    }

    /**
     * @template T
     *
     * @param \Closure(Request): T $callback
     *
     * @return T
     */
    public function run(Handshake $handshake, \Closure $callback): mixed
    {
        $cookies = $this->originsAreChecked() || !CrossSite::is($handshake);
        $request = HandshakeRequest::from($handshake, $cookies);

        if (!$cookies && [] !== $handshake->cookies) {
            $this->app->make('log')->warning(sprintf('A WebSocket handshake for %s came with cookies from a page of %s, which is another host: they are left out. If that page may connect, add it to WS_ALLOWED_ORIGINS.', $handshake->path, $handshake->headers['origin'] ?? ''));
        }

        return $this->requests->run($request, static fn (): mixed => $callback($request));
    }

    /** Whether the server has refused pages that may not connect. */
    private function originsAreChecked(): bool
    {
        return '' !== implode('', (array) $this->app->make('config')->get('ws.server.allowed_origins'));
    }
}
