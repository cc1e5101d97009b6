<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Middleware\Envelope;

/**
 * A message has been decoded and has a handler, which is called next.
 *
 * Its properties are for reading. They are declared neither so nor with a type, because each event is a copy of an empty
 * one, as envelopes are, and a checked assignment takes a fifth of what the whole event does.
 */
final class MessageReceived
{
    /** @var Envelope */
    public $envelope;

    /** @internal an event to copy: its envelope is not set */
    public static function blank(): self
    {
        return (new \ReflectionClass(self::class))->newInstanceWithoutConstructor();
    }

    public function __construct(Envelope $envelope)
    {
        $this->envelope = $envelope;
    }
}
