<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Once;
use Illuminate\Support\Str;
use Monolog\ResettableInterface;

/**
 * Gives the application back the state it had before an event, as the queue worker does before a job: scoped instances,
 * facades, log context, query log and what else lives on in services that are made once.
 */
final class ResetApplication
{
    private readonly string $locale;

    /**
     * @param list<string> $flush abstracts that are to be made anew
     */
    public function __construct(private readonly Application $app, private readonly array $flush = [])
    {
        $this->locale = $app->getLocale();
    }

    public function __invoke(): void
    {
        $this->log();
        $this->database();
        $this->services();

        foreach ($this->flush as $abstract) {
            $this->app->forgetInstance($abstract);
        }

        if (method_exists($this->app, 'forgetScopedInstances')) {
            $this->app->forgetScopedInstances();
        }

        Facade::clearResolvedInstances();
    }

    private function log(): void
    {
        if (!$this->app->resolved('log')) {
            return;
        }

        $log = $this->app->make('log');

        if (method_exists($log, 'flushSharedContext')) {
            $log->flushSharedContext();
        }

        foreach (method_exists($log, 'getChannels') ? $log->getChannels() : [] as $channel) {
            if (method_exists($channel, 'withoutContext')) {
                $channel->withoutContext();
            }

            $logger = method_exists($channel, 'getLogger') ? $channel->getLogger() : null;

            // Handlers that buffer until something goes wrong would do so for weeks.
            if ($logger instanceof ResettableInterface) {
                $logger->reset();
            }
        }
    }

    private function database(): void
    {
        if (!$this->app->resolved('db')) {
            return;
        }

        foreach ($this->app->make('db')->getConnections() as $connection) {
            $connection->flushQueryLog();
            $connection->forgetRecordModificationState();

            if (method_exists($connection, 'resetTotalQueryDuration')) {
                $connection->resetTotalQueryDuration();
                $connection->allowQueryDurationHandlersToRunAgain();
            }
        }
    }

    private function services(): void
    {
        if ($this->app->getLocale() !== $this->locale) {
            $this->app->setLocale($this->locale);
        }

        if ($this->app->resolved('translator') && method_exists($translator = $this->app->make('translator'), 'flushParsedKeys')) {
            $translator->flushParsedKeys();
        }

        if ($this->app->resolved('cookie')) {
            $this->app->make('cookie')->flushQueuedCookies();
        }

        // Each distinct string that was ever converted, such as a field that a client made up.
        if (method_exists(Str::class, 'flushCache')) {
            Str::flushCache();
        }

        if (class_exists(Once::class)) {
            Once::flush();
        }
    }
}
