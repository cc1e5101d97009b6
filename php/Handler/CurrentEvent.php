<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Event\MessageReceived;
use Ferry\Middleware\Envelope;

/**
 * The event that is being handled, for what is set up only when somebody asks for it, see LazyScopeInterface.
 *
 * Properties without types and no methods for what is written with every message, and the base of that which writes it:
 * each costs less than its alternative.
 *
 * @property-read ?Envelope $envelope null between events; that of a frame which is not decoded is made when somebody asks
 *
 * @internal but for lazy scopes
 */
class CurrentEvent
{
    /**
     * What leads to the envelope; null between events.
     *
     * @internal written by the dispatcher
     *
     * @var Envelope|MessageReceived|Session|null
     */
    public $subject;

    /**
     * @internal of a message whose subject is its session
     *
     * @var string
     */
    public $frame = '';

    /** Whether a lazy scope has something to take down when the event ends. Written by lazy scopes. */
    public bool $touched = false;

    /** Whose event it is. */
    public function session(): ?Session
    {
        return $this->subject instanceof Session ? $this->subject : $this->subject?->session;
    }

    public function __get(string $name): ?Envelope
    {
        if ('envelope' !== $name) {
            throw new \LogicException(sprintf('An event has no property "%s".', $name));
        }

        if ($this->subject instanceof Session) {
            $this->subject = $this->subject->envelope($this->frame);
        }

        return $this->subject instanceof MessageReceived ? $this->subject->envelope : $this->subject;
    }

    public function __isset(string $name): bool
    {
        return 'envelope' === $name && null !== $this->subject;
    }
}
