<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Handler\Session;
use Ferry\Middleware\Envelope;

/**
 * A message has been decoded and has a handler, which is called next.
 *
 * Its properties are for reading. They are declared neither so nor with a type, because each event is a copy of an empty
 * one, as envelopes are, and a checked assignment takes a fifth of what the whole event does.
 */
final class MessageReceived
{
    /** @var Envelope see Session::$direct */
    public $envelope;

    /**
     * @internal while the envelope is not made
     *
     * @var ?Session
     */
    public $session;

    /**
     * @internal while the envelope is not made
     *
     * @var string
     */
    public $frame = '';

    /** @internal an event to copy: its envelope is to be set */
    public static function blank(): self
    {
        return (new \ReflectionClass(self::class))->newInstanceWithoutConstructor();
    }

    /** @internal an event to copy: its frame is to be set */
    public static function lazy(Session $session): self
    {
        $event = self::blank();
        $event->session = $session;
        unset($event->envelope);

        return $event;
    }

    public function __construct(Envelope $envelope)
    {
        $this->envelope = $envelope;
    }

    public function __get(string $name): Envelope
    {
        if ('envelope' !== $name || null === $this->session) {
            throw new \LogicException(sprintf('An event has no property "%s".', $name));
        }

        $this->session->direct = null;
        $this->envelope = $this->session->envelope($this->frame);
        $this->frame = '';

        return $this->envelope;
    }

    public function __isset(string $name): bool
    {
        return 'envelope' === $name;
    }
}
