<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Illuminate\Contracts\Events\Dispatcher;
use Psr\EventDispatcher\EventDispatcherInterface;

/**
 * Laravel's events behind the interface of PSR-14.
 */
final class EventDispatcher implements EventDispatcherInterface
{
    public function __construct(private readonly Dispatcher $events)
    {
    }

    public function dispatch(object $event): object
    {
        $this->events->dispatch($event);

        return $event;
    }

    public function hasListeners(string $event): bool
    {
        return $this->events->hasListeners($event);
    }
}
