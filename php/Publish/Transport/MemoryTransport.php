<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Publish\Publication;

/**
 * Remembers what was published, for tests.
 */
final class MemoryTransport implements TransportInterface
{
    /** @var list<Publication> */
    private array $publications = [];

    /** @var list<array{user: string, code: int, reason: string}> */
    private array $disconnected = [];

    public function send(array $publications): array
    {
        // As over the wire: what cannot be encoded fails here too.
        Json::encode($publications);
        array_push($this->publications, ...$publications);

        return array_fill(0, \count($publications), 0);
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        $this->disconnected[] = ['user' => $userIdentifier, 'code' => $code, 'reason' => $reason];

        return 0;
    }

    public function connections(?string $room): array
    {
        return [];
    }

    /**
     * @return list<Publication>
     */
    public function publications(): array
    {
        return $this->publications;
    }

    /**
     * @return list<array{user: string, code: int, reason: string}>
     */
    public function disconnected(): array
    {
        return $this->disconnected;
    }

    public function clear(): void
    {
        $this->publications = $this->disconnected = [];
    }
}
