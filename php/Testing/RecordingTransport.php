<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\Publication;
use Ferry\Publish\Transport\TransportInterface;

/**
 * Remembers what an application publishes, and passes it on. A server that cannot be reached is no failure: a test of a
 * controller needs none.
 */
final class RecordingTransport implements TransportInterface
{
    /** @var list<Publication> */
    private array $publications = [];

    /** @var list<string> */
    private array $disconnected = [];

    public function __construct(private readonly TransportInterface $inner)
    {
    }

    public function send(array $publications): array
    {
        array_push($this->publications, ...$publications);

        try {
            return $this->inner->send($publications);
        } catch (PublisherUnreachableException) {
            return array_fill(0, \count($publications), 0);
        }
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        $this->disconnected[] = $userIdentifier;

        try {
            return $this->inner->disconnect($userIdentifier, $code, $reason);
        } catch (PublisherUnreachableException) {
            return 0;
        }
    }

    public function connections(?string $room): array
    {
        try {
            return $this->inner->connections($room);
        } catch (PublisherUnreachableException) {
            return [];
        }
    }

    /**
     * @return list<Publication> oldest first
     */
    public function publications(): array
    {
        return $this->publications;
    }

    /**
     * @return list<string> identifiers of users
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
