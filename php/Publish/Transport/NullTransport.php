<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

/**
 * Publishes nothing: for machines without a WebSocket server.
 */
final class NullTransport implements TransportInterface
{
    public function send(array $publications): array
    {
        return array_fill(0, \count($publications), 0);
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        return 0;
    }

    public function connections(?string $room): array
    {
        return [];
    }
}
