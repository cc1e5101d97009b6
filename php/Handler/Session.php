<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
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

    /** Copied for each message, see there; taken away with the connection, for it leads back here. */
    public ?Envelope $blank = null;

    /** Takes every frame as it is; null where text frames are decoded. */
    public readonly ?Action $raw;

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
}
