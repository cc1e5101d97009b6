<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Connection;
use Ferry\Publish\PublisherInterface;

/**
 * A room that clients enter, and that its handler publishes to with the application's own publisher.
 */
#[AsWsHandler('/rooms/{room}')]
final class DeckHandler
{
    public function __construct(private readonly PublisherInterface $publisher)
    {
    }

    #[OnOpen]
    public function open(Connection $connection, string $room): array
    {
        $connection->join($room);

        return ['joined' => $room];
    }

    #[OnMessage('tell')]
    public function tell(string $room): void
    {
        $this->publisher->publish($room, 'told', ['by' => 'a handler']);
    }

    #[OnMessage('block')]
    public function block(Connection $connection): void
    {
        $connection->send('blocking');
        sleep(60);
    }
}
