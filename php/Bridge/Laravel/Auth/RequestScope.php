<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Handler\SuspendableInterface;
use Illuminate\Contracts\Auth\Guard;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Facade;

/**
 * Makes a request the application's current one, with guards and session of its own, and takes every trace of it away again.
 *
 * @internal
 */
final class RequestScope implements SuspendableInterface
{
    /** @var list<array{?Request, string}> the request and the default guard before each run that has not ended */
    private array $running = [];

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
        $this->running[] = [$before, $guard];

        try {
            $this->forgetGuards();
            $this->bind($request);

            return $callback();
        } finally {
            array_pop($this->running);
            $this->end($before, $guard);
        }
    }

    public function suspend(): mixed
    {
        if ([] === $this->running) {
            return null;
        }

        $auth = $this->app->make('auth');
        $sessions = [];

        foreach ($this->app->resolved('session') ? $this->app->make('session')->getDrivers() : [] as $name => $session) {
            $sessions[$name] = [$session->getId(), $session->all()];
        }

        $state = [$this->running, $this->app->make('request'), $auth->getDefaultDriver(), (fn (): array => $this->guards)->call($auth), $sessions];
        [$before, $guard] = $this->running[0];
        $this->running = [];
        $this->end($before, $guard);

        return $state;
    }

    public function resume(mixed $state): void
    {
        if (!\is_array($state)) {
            return;
        }

        [$this->running, $request, $guard, $guards, $sessions] = $state;
        $auth = $this->app->make('auth');
        $this->forgetGuards();
        $this->bind($request);
        (function () use ($guards): void {
            $this->guards = $guards;
        })->call($auth);
        $auth->shouldUse($guard);

        foreach ($sessions as $name => [$id, $attributes]) {
            $session = $this->app->make('session')->driver($name);
            $session->setId($id);
            $session->replace($attributes);
        }
    }

    private function end(?Request $before, string $guard): void
    {
        // The middleware auth:… makes its guard the default one.
        $this->app->make('auth')->shouldUse($guard);
        $this->forgetGuards();
        $this->forgetSession();
        $this->bind($before ?? new Request());
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
