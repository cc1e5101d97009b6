<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Handler\ErrorFrame;
use Ferry\Handler\ExceptionMapperInterface;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Exception\AccessDeniedException;
use Symfony\Component\Security\Core\Exception\AuthenticationException;

/**
 * Tells a client that it may not do that, or that it has to log in first, as the firewall tells a browser.
 */
final class SecurityExceptionMapper implements ExceptionMapperInterface
{
    public function __construct(private readonly TokenStorageInterface $tokens)
    {
    }

    public function map(\Throwable $error): ?ErrorFrame
    {
        if ($error instanceof AuthenticationException) {
            return new ErrorFrame(ErrorFrame::UNAUTHENTICATED, 'Authentication is required.');
        }

        if (!$error instanceof AccessDeniedException) {
            return null;
        }

        if (null === $this->tokens->getToken()?->getUser()) {
            return new ErrorFrame(ErrorFrame::UNAUTHENTICATED, 'Authentication is required.');
        }

        return new ErrorFrame(ErrorFrame::ACCESS_DENIED, $error->getMessage());
    }
}
