<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Bridge\Laravel\Http\HandshakeRequest;
use Ferry\Handshake;
use Ferry\Http\CrossSite;
use Illuminate\Contracts\Auth\Guard;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Facade;

/**
 * Makes a handshake the application's current request, with guards and session of its own, and takes every trace of it
 * away again.
 *
 * @internal
 */
final class HandshakeScope
{
    public function __construct(private readonly Application $app)
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

        $before = $this->app->bound('request') ? $this->app->make('request') : null;
        $auth = $this->app->make('auth');
        $guard = $auth->getDefaultDriver();

        try {
            $this->forgetGuards();
            $this->bind($request);

            return $callback($request);
        } finally {
            // The middleware auth:… makes its guard the default one.
            $auth->shouldUse($guard);
            $this->forgetGuards();
            $this->forgetSession();
            $this->bind($before ?? new Request());
        }
    }

    /** Whether the server has refused pages that may not connect. */
    private function originsAreChecked(): bool
    {
        return '' !== implode('', (array) $this->app->make('config')->get('ws.server.allowed_origins'));
    }

    private function bind(Request $request): void
    {
        $this->app->instance('request', $request);
        Facade::clearResolvedInstance('request');
    }

    private function forgetGuards(): void
    {
        if (!$this->app->resolved('auth')) {
            return;
        }

        $this->app->make('auth')->forgetGuards();
        $this->app->forgetInstance('auth.driver');

        // Each guard asked the container to tell it of new requests; the container would keep them all for it. It has no method
        // that takes such a wish back.
        (function (): void {
            /** @var array<string, list<\Closure>> $this->reboundCallbacks */
            $this->reboundCallbacks['request'] = array_values(array_filter(
                $this->reboundCallbacks['request'] ?? [],
                static fn (\Closure $callback): bool => !((new \ReflectionFunction($callback))->getStaticVariables()['target'] ?? null) instanceof Guard,
            ));
        })->call($this->app);
    }

    private function forgetSession(): void
    {
        foreach ($this->app->resolved('session') ? $this->app->make('session')->getDrivers() : [] as $session) {
            // A store adds what it reads to what it has.
            $session->flush();
            $session->setId(null);
        }

        if ($this->app->resolved('cookie')) {
            $this->app->make('cookie')->flushQueuedCookies();
        }
    }
}
