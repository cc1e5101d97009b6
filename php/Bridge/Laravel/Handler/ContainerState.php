<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Handler\SuspendableInterface;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Facades\Facade;

/**
 * Gives each handler scoped instances and a locale of its own, as each request has them.
 */
final class ContainerState implements SuspendableInterface
{
    private readonly string $locale;

    public function __construct(private readonly Application $app)
    {
        $this->locale = $app->getLocale();
    }

    /**
     * @return array{array<string, mixed>, string}
     */
    public function suspend(): array
    {
        $scoped = (function (): array {
            /** @var array<string, mixed> $this->instances */
            return array_intersect_key($this->instances, array_flip($this->scopedInstances ?? []));
        })->call($this->app);
        $locale = $this->app->getLocale();

        if (method_exists($this->app, 'forgetScopedInstances')) {
            $this->app->forgetScopedInstances();
        }

        $this->speak($this->locale);
        Facade::clearResolvedInstances();

        return [$scoped, $locale];
    }

    public function resume(mixed $state): void
    {
        if (!\is_array($state)) {
            return;
        }

        [$scoped, $locale] = $state;
        (function () use ($scoped): void {
            $this->instances = $scoped + $this->instances;
        })->call($this->app);
        $this->speak($locale);
        Facade::clearResolvedInstances();
    }

    private function speak(string $locale): void
    {
        if ($this->app->getLocale() !== $locale) {
            $this->app->setLocale($locale);
        }
    }
}
