<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Http\CrossSite;
use Ferry\Http\RequestFactory;
use Ferry\Identity;
use Psr\Log\LoggerInterface;

/**
 * Lets a firewall decide about a handshake.
 *
 * Who came with a ticket has been let in by it. What Rust has verified of a token stays: its claims and its expiry, and its
 * user if the firewall finds none.
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

    public function admit(object $handshake, HandlerDescriptor $handler, array $route, ?object $identity): Identity|bool|int|null
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

        return $this->users->identify(
            $token,
            // Whoever has shown no token came with a session, a password or a remember-me cookie.
            null === $handshake->token,
            $verified?->claims ?? [],
            $handshake->token,
            $verified?->expiresAt ?? self::expiry($handshake->token),
        );
    }

    /** When a JSON Web Token ends that the firewall has accepted: its connection must not outlive it. */
    private static function expiry(#[\SensitiveParameter] ?string $token): ?int
    {
        $parts = explode('.', $token ?? '');

        if (3 !== \count($parts)) {
            return null;
        }

        $claims = json_decode((string) base64_decode(strtr($parts[1], '-_', '+/'), true), true);
        $expiry = \is_array($claims) ? $claims['exp'] ?? null : null;

        return \is_int($expiry) || \is_float($expiry) && abs($expiry) < \PHP_INT_MAX ? (int) $expiry : null;
    }
}
