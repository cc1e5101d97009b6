<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Symfony\Component\Security\Core\Exception\BadCredentialsException;
use Symfony\Component\Security\Http\AccessToken\AccessTokenHandlerInterface;
use Symfony\Component\Security\Http\Authenticator\Passport\Badge\UserBadge;

/**
 * "for-NAME" is NAME. Only for Symfony 6.2 and later.
 */
final class TokenHandler implements AccessTokenHandlerInterface
{
    public function getUserBadgeFrom(string $accessToken): UserBadge
    {
        return str_starts_with($accessToken, 'for-') ? new UserBadge(substr($accessToken, 4)) : throw new BadCredentialsException();
    }
}
