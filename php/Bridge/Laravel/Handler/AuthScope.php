<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Handler\ScopeInterface;
use Ferry\Handler\SuspendableInterface;
use Ferry\Middleware\Envelope;

/**
 * Around each event, its connection's user is the application's.
 */
final class AuthScope implements ScopeInterface, SuspendableInterface
{
    private bool $guarded = false;

    public function __construct(private readonly ConnectionAuth $auth)
    {
    }

    public function enter(Envelope $envelope): void
    {
        $this->guarded || $this->guard();
        $connection = $envelope->connection;
        $this->auth->enter($connection->identity(), $connection->handshake(...));
    }

    public function leave(Envelope $envelope, ?\Throwable $error): void
    {
        $this->auth->leave();
    }

    /** exit() in a handler runs no finally block, and what runs at the end of the process is not the user's doing. */
    private function guard(): void
    {
        $this->guarded = true;
        $auth = \WeakReference::create($this->auth);
        register_shutdown_function(static fn () => $auth->get()?->leave());
    }

    public function suspend(): mixed
    {
        return $this->auth->suspend();
    }

    public function resume(mixed $state): void
    {
        $this->auth->resume(\is_array($state) ? $state : null);
    }
}
