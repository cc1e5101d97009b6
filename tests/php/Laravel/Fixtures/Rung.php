<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Broadcasting\Channel;
use Illuminate\Broadcasting\InteractsWithSockets;
use Illuminate\Contracts\Broadcasting\ShouldBroadcast;

/**
 * The ship's bell. It goes through the queue, as events do that do not ask for more.
 */
final class Rung implements ShouldBroadcast
{
    use InteractsWithSockets;

    public function __construct(public readonly string $channel, public readonly int $strokes)
    {
    }

    /**
     * @return list<Channel>
     */
    public function broadcastOn(): array
    {
        return [new Channel($this->channel)];
    }
}
