<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Middleware\Envelope;

/**
 * A message has been handled, and what the handler returned has been sent.
 *
 * Its properties are for reading. They are not declared so because each event is a copy of an empty one, as envelopes are.
 */
final class MessageHandled
{
    public Envelope $envelope;

    /** What the handler has returned. */
    public mixed $result = null;

    /** An event to copy: its envelope is not set. */
    public static function blank(): self
    {
        return (new \ReflectionClass(self::class))->newInstanceWithoutConstructor();
    }

    public function __construct(Envelope $envelope, mixed $result)
    {
        $this->envelope = $envelope;
        $this->result = $result;
    }
}
