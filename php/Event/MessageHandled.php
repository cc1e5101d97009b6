<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Middleware\Envelope;

/** A message has been handled, and what the handler returned has been sent. */
final class MessageHandled
{
    public function __construct(public readonly Envelope $envelope, public readonly mixed $result)
    {
    }
}
