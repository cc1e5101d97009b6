<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Psr\EventDispatcher\EventDispatcherInterface;

/**
 * Tells the application when the server starts and stops.
 */
final class LifecycleListener extends Listener
{
    private bool $stopping = false;

    public function __construct(private readonly EventDispatcherInterface $events)
    {
    }

    public function started(Runner $runner, string $address): void
    {
        $this->stopping = false;
        $this->events->dispatch(new ServerStarted($runner, $address));
    }

    public function stopping(Runner $runner, string $reason): void
    {
        $this->stopping = true;
        $this->events->dispatch(new ServerStopping($runner, $reason));
    }

    public function stopped(Runner $runner, ?string $reason): void
    {
        if (!$this->stopping) {
            $this->events->dispatch(new ServerStopping($runner, $reason));
        }
    }
}
