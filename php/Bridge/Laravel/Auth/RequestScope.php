<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Illuminate\Contracts\Auth\Guard;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Facade;

/**
 * Makes a request the application's current one, with guards and session of its own, and takes every trace of it away again.
 *
 * @internal
 */
final class RequestScope
{
    public function __construct(private readonly Application $app)
    {
    }

    /**
     * @template T
     *
     * @param \Closure(): T $callback
     *
     * @return T
     */
    public function run(Request $request, \Closure $callback): mixed
    {
        $before = $this->app->bound('request') ? $this->app->make('request') : null;
        $auth = $this->app->make('auth');
        $guard = $auth->getDefaultDriver();

        try {
            $this->forgetGuards();
            $this->bind($request);

            return $callback();
        } finally {
            // The middleware auth:… makes its guard the default one.
            $auth->shouldUse($guard);
            $this->forgetGuards();
            $this->forgetSession();
            $this->bind($before ?? new Request());
        }
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
