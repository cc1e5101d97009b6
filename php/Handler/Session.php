<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
use Ferry\Event\MessageReceived;
use Ferry\Middleware\Envelope;

/**
 * What Ferry keeps of an open connection, from its open to its close.
 */
final class Session
{
    /** @var array<string, mixed> for middleware, scopes and resolvers; attributes of the application are Connection::set() */
    public array $attributes = [];

    /** The message that the handler has just failed on, until its onError() has run. */
    public ?Message $failed = null;

    /** Copied for each message, see there. */
    public ?Envelope $blank = null;

    /** Takes every frame as it is; null where text frames are decoded. */
    public readonly ?Action $raw;

    /**
     * The method that takes every frame as it is, when a connection and a frame are all it takes: then no envelope is made.
     * Null when somebody has asked for one, for then making it at once is cheaper.
     *
     * @internal
     */
    public ?\Closure $direct = null;

    /**
     * Copied for such a message when somebody listens.
     *
     * @internal
     */
    public ?MessageReceived $received = null;

    public bool $opened = false;
    public bool $closed = false;

    /**
     * @param Connection             $connection
     * @param array<string, ?string> $route      values of the path's placeholders
     */
    public function __construct(
        public readonly object $connection,
        public readonly HandlerDescriptor $handler,
        public readonly array $route,
        public readonly Endpoint $endpoint,
    ) {
        $this->raw = $endpoint->decodes ? null : $endpoint->raw;
    }

    /**
     * @internal for the first message that somebody listens to
     */
    public function received(): MessageReceived
    {
        return $this->received = MessageReceived::lazy($this);
    }

    /** What leads back here is taken away. */
    public function close(): void
    {
        $this->blank = $this->received = null;
    }

    /**
     * @internal of a text frame that is not decoded
     */
    public function envelope(string $frame): Envelope
    {
        // Listeners may keep an event for longer than its connection is open.
        $envelope = null === $this->blank ? Envelope::blank($this->connection, $this) : clone $this->blank;
        $envelope->frame = $frame;

        return $envelope;
    }
}
