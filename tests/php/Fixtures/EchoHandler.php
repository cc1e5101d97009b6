<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Ferry\Connection;
use Ferry\HandlerInterface;
use Ferry\ServerAwareInterface;
use Ferry\WsServer;

/**
 * Answers a message with itself. Some words do more, see onMessage().
 */
class EchoHandler implements HandlerInterface, ServerAwareInterface
{
    public ?WsServer $server = null;

    public function setServer(WsServer $server): void
    {
        $this->server = $server;
    }

    public function onOpen(Connection $connection): void
    {
        $connection->send('hello '.($connection->identity()?->userIdentifier ?? 'stranger'));
    }

    public function onMessage(Connection $connection, string $data, bool $binary): void
    {
        match ($data) {
            'throw' => throw new \DomainException('asked to throw'),
            'slow' => usleep(50_000),
            'count' => $connection->send((string) $this->server?->count()),
            default => null,
        };

        $connection->send($data, $binary);
    }

    public function onClose(Connection $connection, int $code, string $reason): void
    {
    }

    public function onError(?Connection $connection, \Throwable $error): void
    {
        $connection?->send('error: '.$error->getMessage());
    }
}
