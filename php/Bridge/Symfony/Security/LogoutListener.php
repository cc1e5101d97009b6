<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Exception\PublishException;
use Ferry\Publish\PublisherInterface;
use Psr\Log\LoggerInterface;
use Symfony\Component\Security\Http\Event\LogoutEvent;

/**
 * Closes a user's connections when he logs out of the application. Those of his other devices connect again by themselves,
 * as they are still logged in.
 */
final class LogoutListener
{
    public const REASON = 'Logged out';

    public function __construct(private readonly PublisherInterface $publisher, private readonly ?LoggerInterface $logger = null)
    {
    }

    public function __invoke(LogoutEvent $event): void
    {
        $user = $event->getToken()?->getUserIdentifier();

        if (null === $user || '' === $user) {
            return;
        }

        try {
            $this->publisher->disconnectUser($user, reason: self::REASON);
        } catch (PublishException $e) {
            // A logout succeeds, whether the server runs or not.
            $this->logger?->warning('The connections of a user who has logged out could not be closed: {message}', ['message' => $e->getMessage(), 'exception' => $e]);
        }
    }
}
