<?php

declare(strict_types=1);

namespace Bench;

use Ferry\Event\MessageHandled;
use Ferry\Event\MessageReceived;

/** Counts, so that both events are really dispatched. */
final class Listener
{
    public int $received = 0;
    public int $handled = 0;

    public function received(MessageReceived $event): void
    {
        ++$this->received;
    }

    public function handled(MessageHandled $event): void
    {
        ++$this->handled;
    }
}
