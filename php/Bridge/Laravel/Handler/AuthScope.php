<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Handler\ScopeInterface;
use Ferry\Middleware\Envelope;

/**
 * Around each event, its connection's user is the application's.
 */
final class AuthScope implements ScopeInterface
{
    public function __construct(private readonly ConnectionAuth $auth)
    {
    }

    public function enter(Envelope $envelope): void
    {
        $connection = $envelope->connection;
        $this->auth->enter($connection->identity(), $connection->handshake(...));
    }

    public function leave(Envelope $envelope, ?\Throwable $error): void
    {
        $this->auth->leave();
    }
}
