<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Messenger;

use Ferry\Publish\Publication;

/**
 * Events to be published by whoever handles this message: at once, or by a worker when it is routed to a transport.
 *
 *     $bus->dispatch(PublishMessage::toRooms('orders', 'order.shipped', ['id' => 7]));
 *
 * Routed to a transport it is serialized, so the data must be.
 */
final class PublishMessage
{
    /** @var non-empty-list<Publication> */
    public readonly array $publications;

    public function __construct(Publication $first, Publication ...$further)
    {
        $this->publications = [$first, ...array_values($further)];
    }

    /**
     * @param string|list<string> $rooms
     */
    public static function toRooms(string|array $rooms, string $event, mixed $data = null, ?string $except = null): self
    {
        return new self(Publication::toRooms($rooms, $event, $data, $except));
    }

    public static function toUser(string|int $userIdentifier, string $event, mixed $data = null): self
    {
        return new self(Publication::toUser($userIdentifier, $event, $data));
    }
}
