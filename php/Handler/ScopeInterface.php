<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Middleware\Envelope;

/**
 * What has to be set up before an event of a connection is handled and taken down after it, whatever happens: the user in
 * the token storage, services that are reset. Outside of all middleware, and cheaper, for it runs for every event.
 *
 * Scopes are entered in their order and left in the reverse one. A scope that was entered is left, also when a later one or
 * the handler throws.
 */
interface ScopeInterface
{
    /**
     * @throws \Throwable keeps the event from the handler
     */
    public function enter(Envelope $envelope): void;

    /**
     * @param ?\Throwable $error what the handler, middleware or a scope has thrown
     */
    public function leave(Envelope $envelope, ?\Throwable $error): void;
}
