<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Exception\AuthenticationException;
use Symfony\Component\Security\Http\Authenticator\AbstractAuthenticator;
use Symfony\Component\Security\Http\Authenticator\Passport\Badge\UserBadge;
use Symfony\Component\Security\Http\Authenticator\Passport\Passport;
use Symfony\Component\Security\Http\Authenticator\Passport\SelfValidatingPassport;

/**
 * "Bearer for-NAME" is NAME; "Bearer throttled" is answered with 429; "Bearer external" is a user whom nobody can load.
 */
final class BearerAuthenticator extends AbstractAuthenticator
{
    public function supports(Request $request): ?bool
    {
        return str_starts_with((string) $request->headers->get('Authorization'), 'Bearer ');
    }

    public function authenticate(Request $request): Passport
    {
        $token = substr((string) $request->headers->get('Authorization'), 7);

        if ('external' === $token) {
            return new SelfValidatingPassport(new UserBadge('external', static fn () => new ExternalUser()));
        }

        if (!preg_match('/^(?:for-|[^.]+\.[^.]+\.)(\w+)$/', $token, $match)) {
            throw new AuthenticationException($token);
        }

        return new SelfValidatingPassport(new UserBadge($match[1]));
    }

    public function onAuthenticationSuccess(Request $request, TokenInterface $token, string $firewallName): ?Response
    {
        return null;
    }

    public function onAuthenticationFailure(Request $request, AuthenticationException $exception): Response
    {
        return new JsonResponse(['error' => 'no'], 'throttled' === $exception->getMessage() ? 429 : 401);
    }
}
