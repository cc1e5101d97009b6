<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Ferry\Attribute\OnMessage;
use Illuminate\Contracts\Auth\Authenticatable;

/**
 * A handler for tests of who comes in: its methods are never called.
 */
final class Door
{
    #[OnMessage]
    public function message(Room $room, ?Authenticatable $user): void
    {
    }
}
