<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Messenger;

use Ferry\Publish\BatchPublisherInterface;
use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Middleware\MiddlewareInterface;
use Symfony\Component\Messenger\Middleware\StackInterface;
use Symfony\Component\Messenger\Stamp\HandledStamp;

/**
 * Publishes the events of PublishStamps after the message was handled. Add it to a bus as "ferry.messenger.publish", before
 * "doctrine_transaction" so that the data is committed by then. A message that was only sent to a transport is not handled yet:
 * the worker that receives it publishes.
 */
final class PublishMiddleware implements MiddlewareInterface
{
    public function __construct(private readonly BatchPublisherInterface $publisher)
    {
    }

    public function handle(Envelope $envelope, StackInterface $stack): Envelope
    {
        $envelope = $stack->next()->handle($envelope, $stack);

        if (null === $envelope->last(HandledStamp::class)) {
            return $envelope;
        }

        $publications = [];

        foreach ($envelope->all(PublishStamp::class) as $stamp) {
            \assert($stamp instanceof PublishStamp);
            array_push($publications, ...$stamp->publications);
        }

        if ([] !== $publications) {
            $this->publisher->publishAll($publications);
        }

        return $envelope;
    }
}
