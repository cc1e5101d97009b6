<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Middleware\Envelope;

/**
 * A message has been handled, and what the handler returned has been sent.
 *
 * Its properties are for reading. They are declared neither so nor with a type, because each event is a copy of an empty
 * one, as envelopes are, and a checked assignment takes a fifth of what the whole event does.
 */
final class MessageHandled
{
    /** @var Envelope */
    public $envelope;

    /** What the handler has returned. */
    public mixed $result = null;

    /** @internal an event to copy: its envelope is not set */
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
