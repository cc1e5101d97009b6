<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Exception\PublishException;

/**
 * Sends events to connected clients, from anywhere: controllers, queue workers, cron jobs, handlers.
 *
 * A client gets the text message `{"type": event, "data": data, "room": room}`; `room` is missing where it was sent to a user.
 * Every method throws a PublishException when the server did not take it; then nothing of it was delivered.
 */
interface PublisherInterface
{
    /**
     * @param string|list<string> $rooms  1 to 1,000 rooms; the members of each get it, a member of two gets it twice
     * @param string              $event  1 to 255 bytes of UTF-8
     * @param mixed               $data   what json_encode() takes
     * @param ?string             $except id of a connection that does not get it, such as the one that caused it
     *
     * @return int connections that got it, summed over the rooms; 0 where it is sent later (after a commit)
     *
     * @throws PublishException
     */
    public function publish(string|array $rooms, string $event, mixed $data = null, ?string $except = null): int;

    /**
     * @param string|int $userIdentifier of the connections' Identity
     *
     * @return int connections that got it
     *
     * @throws PublishException
     */
    public function toUser(string|int $userIdentifier, string $event, mixed $data = null): int;

    /**
     * Closes every connection of a user.
     *
     * @param int $code close code that may be sent (RFC 6455 section 7.4)
     *
     * @return int connections closed
     *
     * @throws PublishException
     */
    public function disconnectUser(string|int $userIdentifier, int $code = 4401, string $reason = ''): int;

    /**
     * Open connections, of one room or all; at most 10,000.
     *
     * @return list<array{id: string, user: ?string, remoteAddress: string, rooms: list<string>, connectedAt: int}>
     *
     * @throws PublishException
     */
    public function connections(?string $room = null): array;
}
