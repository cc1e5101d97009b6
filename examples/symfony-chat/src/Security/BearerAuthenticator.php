<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Exception\AuthenticationException;
use Symfony\Component\Security\Core\Exception\CustomUserMessageAuthenticationException;
use Symfony\Component\Security\Http\Authenticator\AbstractAuthenticator;
use Symfony\Component\Security\Http\Authenticator\Passport\Badge\UserBadge;
use Symfony\Component\Security\Http\Authenticator\Passport\Passport;
use Symfony\Component\Security\Http\Authenticator\Passport\SelfValidatingPassport;
use Symfony\Component\Security\Http\EntryPoint\AuthenticationEntryPointInterface;

/**
 * Takes the token from "Authorization: Bearer" (RFC 6750). The socket needs nothing of this: Ferry verifies there.
 */
final class BearerAuthenticator extends AbstractAuthenticator implements AuthenticationEntryPointInterface
{
    public function __construct(private readonly Jwt $jwt)
    {
    }

    public function supports(Request $request): ?bool
    {
        return null !== $this->token($request);
    }

    public function authenticate(Request $request): Passport
    {
        $username = $this->jwt->verify($this->token($request) ?? '');

        if (null === $username) {
            throw new CustomUserMessageAuthenticationException('The token is invalid or has expired.');
        }

        return new SelfValidatingPassport(new UserBadge($username));
    }

    public function onAuthenticationSuccess(Request $request, TokenInterface $token, string $firewallName): ?Response
    {
        return null;
    }

    public function onAuthenticationFailure(Request $request, AuthenticationException $exception): Response
    {
        return $this->refuse(strtr($exception->getMessageKey(), $exception->getMessageData()), 'Bearer error="invalid_token"');
    }

    public function start(Request $request, ?AuthenticationException $authException = null): Response
    {
        return $this->refuse('A token is needed.', 'Bearer');
    }

    private function token(Request $request): ?string
    {
        return preg_match('/^Bearer +(\S+)$/i', (string) $request->headers->get('Authorization'), $match) ? $match[1] : null;
    }

    private function refuse(string $error, string $challenge): JsonResponse
    {
        return new JsonResponse(['error' => $error], Response::HTTP_UNAUTHORIZED, ['WWW-Authenticate' => $challenge]);
    }
}
