<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

use Illuminate\Contracts\Foundation\Application;

/**
 * Tools that keep what they saw until a request ends. In ws:serve none ever ends, so they grow until the memory is used up.
 */
final class Collectors
{
    /**
     * @return list<string> a warning for each that is active, with the remedy
     */
    public static function warnings(Application $app): array
    {
        $config = $app->make('config');
        $warnings = [];

        if (class_exists('Laravel\Telescope\Telescope') && $app->bound('Laravel\Telescope\Contracts\EntriesRepository') && false !== $config->get('telescope.enabled', true)) {
            $warnings[] = 'Laravel Telescope records every query and keeps it in memory. Run ws:serve with TELESCOPE_ENABLED=false.';
        }

        if ($app->bound('debugbar') && ($config->get('debugbar.enabled') ?? $config->get('app.debug'))) {
            $warnings[] = 'Laravel Debugbar collects every query and keeps it in memory. Run ws:serve with DEBUGBAR_ENABLED=false.';
        }

        if ($app->bound('clockwork') && false !== $config->get('clockwork.enable')) {
            $warnings[] = 'Clockwork collects every query and keeps it in memory. Run ws:serve with CLOCKWORK_ENABLE=false.';
        }

        if ($app->bound('Spatie\LaravelRay\Ray') && false !== $config->get('ray.enable')) {
            $warnings[] = 'Ray is sent to for every query. Run ws:serve with RAY_ENABLED=false.';
        }

        return $warnings;
    }
}
