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
    /** @var Envelope that of $received, when somebody asks */
    public $envelope;

    /** @var mixed what the handler has returned */
    public $result;

    /**
     * @internal while the envelope is not made
     *
     * @var ?MessageReceived
     */
    public $received;

    /** @internal an event to copy: its envelope is to be set */
    public static function blank(): self
    {
        return (new \ReflectionClass(self::class))->newInstanceWithoutConstructor();
    }

    /** @internal an event to copy: the one before it is to be set */
    public static function lazy(): self
    {
        $event = self::blank();
        unset($event->envelope);

        return $event;
    }

    public function __construct(Envelope $envelope, mixed $result)
    {
        $this->envelope = $envelope;
        $this->result = $result;
    }

    public function __get(string $name): Envelope
    {
        if ('envelope' !== $name || null === $this->received) {
            throw new \LogicException(sprintf('An event has no property "%s".', $name));
        }

        return $this->envelope = $this->received->envelope;
    }

    public function __isset(string $name): bool
    {
        return 'envelope' === $name;
    }
}
