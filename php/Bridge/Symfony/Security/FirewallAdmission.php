<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handshake;
use Ferry\Http\CrossSite;
use Ferry\Http\RequestFactory;
use Ferry\Identity;
use Psr\Log\LoggerInterface;
use Symfony\Component\Security\Core\Authentication\Token\RememberMeToken;

/**
 * Lets a firewall decide about a handshake.
 *
 * Who came with a ticket has been let in by it. What Rust has verified of a token stays: its claims and its expiry, if the
 * firewall finds the same user, and its user, if the firewall finds none.
 */
final class FirewallAdmission implements AdmissionInterface
{
    /**
     * @param bool $originsAreChecked whether the server has refused pages that may not connect (allowed_origins)
     */
    public function __construct(
        private readonly FirewallAuthenticator $firewall,
        private readonly Users $users,
        private readonly ?LoggerInterface $logger = null,
        private readonly bool $originsAreChecked = false,
    ) {
    }

    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null
    {
        if (null !== $identity) {
            return null;
        }

        $cookies = $this->originsAreChecked || !CrossSite::is($handshake);
        $request = RequestFactory::fromHandshake($handshake, cookies: $cookies);

        if (!$cookies && [] !== $handshake->cookies) {
            $this->logger?->warning('A WebSocket handshake for {path} came with cookies from a page of {origin}, which is another host: they are left out. If that page may connect, add it to ferry.server.allowed_origins.', [
                'path' => $handshake->path, 'origin' => $handshake->headers['origin'] ?? '',
            ]);
        }

        $request->attributes->add(['_ferry' => true, '_firewall_context' => 'security.firewall.map.context.'.$this->firewall->firewall]);
        $request->attributes->add($route);

        try {
            $token = $this->firewall->authenticate($request);
        } catch (HandshakeRefusedException $e) {
            $this->logger?->info('The firewall "{firewall}" refused a WebSocket handshake for {path} with {status}: {message}', [
                'firewall' => $this->firewall->firewall, 'path' => $handshake->path, 'status' => $e->status, 'message' => $e->getMessage(), 'exception' => $e->getPrevious(),
            ]);

            return $e->status;
        }

        if (null === $token) {
            return null;
        }

        $verified = $handshake->identity();
        $bySession = true === $request->attributes->get(FirewallAuthenticator::BY_SESSION) || $token instanceof RememberMeToken;
        // One that nobody has looked at says nothing.
        $bearer = $bySession && null === $verified ? null : $handshake->token;

        if (null !== $verified && $verified->userIdentifier !== $token->getUser()?->getUserIdentifier()) {
            // Another's claims, and another's token to act with. Its end and its revocation hold where the firewall may have
            // taken it for this user, by another claim.
            [$verified, $claims, $bearer] = [null, $bySession ? [] : self::claims($bearer), null];
        } else {
            $claims = self::claims($bearer);
        }

        $expiry = $claims['exp'] ?? null;

        return $this->users->identify(
            $token,
            // Whoever has shown no token came with a session, a password or a remember-me cookie.
            $bySession || null === $handshake->token,
            // By its "jti" a token can be revoked.
            $verified?->claims ?? array_intersect_key($claims, ['jti' => true]),
            $bearer,
            $verified?->expiresAt ?? (\is_int($expiry) || \is_float($expiry) && abs($expiry) < \PHP_INT_MAX ? (int) $expiry : null),
        );
    }

    /**
     * What a JSON Web Token says that the firewall has accepted: its connection must not outlive it.
     *
     * @return array<string, mixed>
     */
    private static function claims(#[\SensitiveParameter] ?string $token): array
    {
        $parts = explode('.', $token ?? '');
        $claims = 3 === \count($parts) ? json_decode((string) base64_decode(strtr($parts[1], '-_', '+/'), true), true) : null;

        return \is_array($claims) ? $claims : [];
    }
}
