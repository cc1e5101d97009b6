<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Middleware\Envelope;

/**
 * A message has been decoded and has a handler, which is called next.
 *
 * Its properties are for reading. They are not declared so because each event is a copy of an empty one, as envelopes are.
 */
final class MessageReceived
{
    public Envelope $envelope;

    /** An event to copy: its envelope is not set. */
    public static function blank(): self
    {
        return (new \ReflectionClass(self::class))->newInstanceWithoutConstructor();
    }

    public function __construct(Envelope $envelope)
    {
        $this->envelope = $envelope;
    }
}
