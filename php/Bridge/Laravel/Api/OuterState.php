<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Api;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Routing\Route;
use Illuminate\Support\Facades\Facade;

/**
 * What a request in between must not take from the event that is being handled, nor leave to it: scoped instances, the
 * locale, the current route, callbacks for the end of the request. Users and the request itself are RequestScope's.
 *
 * @internal
 */
final class OuterState
{
    public function __construct(private readonly Application $app)
    {
    }

    /**
     * @template T
     *
     * @param \Closure(): T $inside
     *
     * @return T
     */
    public function leaveFor(\Closure $inside): mixed
    {
        $scoped = $this->takeScoped();
        $locale = $this->app->getLocale();
        $callbacks = $this->terminatingCallbacks();

        try {
            return $inside();
        } finally {
            $this->takeScoped();
            $this->giveScoped($scoped);
            $this->terminatingCallbacks($callbacks);
            $this->forgetRoute();

            if ($this->app->getLocale() !== $locale) {
                $this->app->setLocale($locale);
            }

            // They may stand for what has just gone.
            Facade::clearResolvedInstances();
        }
    }

    /**
     * @return array<string, object> by abstract
     */
    private function takeScoped(): array
    {
        if (!method_exists($this->app, 'forgetScopedInstances')) {
            return [];
        }

        /** @var array<string, object> $scoped */
        $scoped = (function (): array {
            return array_intersect_key($this->instances, array_flip($this->scopedInstances));
        })->call($this->app);
        $this->app->forgetScopedInstances();

        return $scoped;
    }

    /**
     * @param array<string, object> $scoped
     */
    private function giveScoped(array $scoped): void
    {
        (function () use ($scoped): void {
            $this->instances = $scoped + $this->instances;
        })->call($this->app);
    }

    /**
     * The application calls them all at the end of each request, and forgets none.
     *
     * @param ?list<callable> $restored
     *
     * @return list<callable> those that there were
     */
    private function terminatingCallbacks(?array $restored = null): array
    {
        return (function () use ($restored): array {
            $before = $this->terminatingCallbacks;
            $this->terminatingCallbacks = $restored ?? $before;

            return $before;
        })->call($this->app);
    }

    private function forgetRoute(): void
    {
        $this->app->forgetInstance(Route::class);

        if ($this->app->resolved('router')) {
            (function (): void {
                $this->current = null;
                $this->currentRequest = null;
            })->call($this->app->make('router'));
        }
    }
}
