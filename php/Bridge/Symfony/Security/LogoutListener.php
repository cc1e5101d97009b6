<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Auth\LogoutDisconnector;
use Ferry\Publish\PublisherInterface;
use Psr\Log\LoggerInterface;
use Symfony\Component\Security\Http\Event\LogoutEvent;

/**
 * Ends a user's connections with his login.
 */
final class LogoutListener
{
    private readonly LogoutDisconnector $disconnector;

    public function __construct(PublisherInterface $publisher, ?LoggerInterface $logger = null)
    {
        $this->disconnector = new LogoutDisconnector($publisher, $logger);
    }

    public function __invoke(LogoutEvent $event): void
    {
        $this->disconnector->disconnect((string) $event->getToken()?->getUserIdentifier());
    }
}
