<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Publish\Transport\TransportInterface;

/**
 * Publishes over a transport. PublisherFactory makes one from a DSN.
 */
final class Publisher implements BatchPublisherInterface
{
    /** The server's default limit is 1,000 messages in 1 MiB. */
    private const BATCH = 500;

    public function __construct(private readonly TransportInterface $transport)
    {
    }

    public function publish(string|array $rooms, string $event, mixed $data = null, ?string $except = null): int
    {
        return array_sum($this->transport->send([Publication::toRooms($rooms, $event, $data, $except)]));
    }

    public function toUser(string|int $userIdentifier, string $event, mixed $data = null): int
    {
        return array_sum($this->transport->send([Publication::toUser($userIdentifier, $event, $data)]));
    }

    public function disconnectUser(string|int $userIdentifier, int $code = 4401, string $reason = ''): int
    {
        if ('' === (string) $userIdentifier) {
            throw new InvalidArgumentException('Argument $userIdentifier must not be empty');
        }

        return $this->transport->disconnect((string) $userIdentifier, $code, $reason);
    }

    public function connections(?string $room = null): array
    {
        return $this->transport->connections($room);
    }

    public function publishAll(iterable $publications): array
    {
        $reached = [];
        $batch = [];

        foreach ($publications as $publication) {
            $batch[] = $publication;

            if (self::BATCH === \count($batch)) {
                array_push($reached, ...$this->transport->send($batch));
                $batch = [];
            }
        }

        if ([] !== $batch) {
            array_push($reached, ...$this->transport->send($batch));
        }

        return $reached;
    }
}
