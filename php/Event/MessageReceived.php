<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Middleware\Envelope;

/** A message has been decoded and has a handler, which is called next. */
final class MessageReceived
{
    public function __construct(public readonly Envelope $envelope)
    {
    }
}
