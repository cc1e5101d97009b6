<?php

declare(strict_types=1);

namespace Ferry\Event;

use Ferry\Handler\ErrorFrame;
use Ferry\Handler\Session;
use Ferry\Middleware\Envelope;

/**
 * A message could not be handled: by the client's fault, which then was sent $frame, or by a failure of the handler.
 */
final class MessageFailed
{
    /**
     * @param ?Envelope   $envelope null when it could not be decoded or nothing handles its type
     * @param ?ErrorFrame $frame    null for a failure of the handler, which goes to its #[OnError] next
     */
    public function __construct(
        public readonly Session $session,
        public readonly ?Envelope $envelope,
        public readonly \Throwable $error,
        public readonly ?ErrorFrame $frame,
    ) {
    }
}
