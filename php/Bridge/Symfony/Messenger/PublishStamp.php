<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Messenger;

use Ferry\Publish\Publication;
use Symfony\Component\Messenger\Stamp\StampInterface;

/**
 * Events that go out when the message has been handled, and never when its handler fails.
 *
 *     $bus->dispatch(new ShipOrder(7), [PublishStamp::toRooms('orders', 'order.shipped', ['id' => 7])]);
 */
final class PublishStamp implements StampInterface
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
