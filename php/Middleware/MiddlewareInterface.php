<?php

declare(strict_types=1);

namespace Ferry\Middleware;

/**
 * Wraps what happens to an event of a connection: open, message, close and error.
 *
 *     public function handle(Envelope $envelope, StackInterface $stack): Envelope
 *     {
 *         // before
 *         $envelope = $stack->next()->handle($envelope, $stack);
 *         // after: $envelope->last(HandledStamp::class)?->result is what will be sent
 *
 *         return $envelope;
 *     }
 *
 * Not to call the next one keeps the event from the handler. Middleware runs for each event: keep it short.
 */
interface MiddlewareInterface
{
    public function handle(Envelope $envelope, StackInterface $stack): Envelope;
}
