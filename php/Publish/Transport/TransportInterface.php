<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublishException;
use Ferry\Publish\Publication;

/**
 * Carries what is published to the server.
 */
interface TransportInterface
{
    /**
     * @param non-empty-list<Publication> $publications
     *
     * @return list<int> for each, the connections that got it
     *
     * @throws PublishException
     */
    public function send(array $publications): array;

    /**
     * @return int connections closed
     *
     * @throws PublishException
     */
    public function disconnect(string $userIdentifier, int $code, string $reason): int;

    /**
     * @return list<array{id: string, user: ?string, remoteAddress: string, rooms: list<string>, connectedAt: int}>
     *
     * @throws PublishException
     */
    public function connections(?string $room): array;
}
