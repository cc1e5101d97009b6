<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Messenger;

use Ferry\Publish\BatchPublisherInterface;

/**
 * Publishes. What it throws is Messenger's to retry.
 */
final class PublishMessageHandler
{
    public function __construct(private readonly BatchPublisherInterface $publisher)
    {
    }

    /**
     * @return int connections that got it, for a HandledStamp
     */
    public function __invoke(PublishMessage $message): int
    {
        return array_sum($this->publisher->publishAll($message->publications));
    }
}
