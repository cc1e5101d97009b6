<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Exception\PublishException;
use Ferry\Publish\PublisherInterface;
use Psr\Log\LoggerInterface;

/**
 * Closes a user's connections when he logs out of the application. Those of his other devices may connect again, as they are
 * still logged in.
 *
 * @internal
 */
final class LogoutDisconnector
{
    public const REASON = 'Logged out';

    public function __construct(private readonly PublisherInterface $publisher, private readonly ?LoggerInterface $logger = null)
    {
    }

    public function disconnect(string $userIdentifier): void
    {
        if ('' === $userIdentifier) {
            return;
        }

        try {
            $this->publisher->disconnectUser($userIdentifier, reason: self::REASON);
        } catch (PublishException $e) {
            // A logout succeeds, whether the server runs or not.
            $this->logger?->warning('The connections of a user who has logged out could not be closed: {message}', ['message' => $e->getMessage(), 'exception' => $e]);
        }
    }
}
