<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\HttpKernelInterface;
use Symfony\Component\Security\Core\Authentication\Token\NullToken;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\Storage\UsageTrackingTokenStorage;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Authorization\AccessDecisionManagerInterface;
use Symfony\Component\Security\Core\Authorization\Voter\AuthenticatedVoter;
use Symfony\Component\Security\Core\Exception\AccessDeniedException;
use Symfony\Component\Security\Core\Exception\AuthenticationException;
use Symfony\Component\Security\Http\AccessMapInterface;
use Symfony\Component\Security\Http\Authentication\AuthenticatorManagerInterface;
use Symfony\Component\Security\Http\Authenticator\AuthenticatorInterface;
use Symfony\Component\Security\Http\Authenticator\Debug\TraceableAuthenticator;
use Symfony\Component\Security\Http\Authenticator\RememberMeAuthenticator;
use Symfony\Component\Security\Http\Firewall\ContextListener;

/**
 * Runs a firewall's own session and authenticators over the request of a handshake, and the rules of access_control.
 *
 * Nothing is answered to the client but a status, so nothing is written either: sessions are read only, and remember-me
 * tokens that change with each use are left alone.
 */
final class FirewallAuthenticator
{
    /** Attribute of the request: whether the user is the one of the session. */
    public const BY_SESSION = '_ferry_by_session';

    /**
     * @param TokenStorageInterface           $tokens          the one that the firewall's listeners write to
     * @param ?ContextListener                $context         null for a stateless firewall
     * @param ?Session\SessionReader          $sessions        null where the framework has no sessions
     * @param ?AccessMapInterface             $access          of access_control
     * @param ?AccessDecisionManagerInterface $decisions       needed with $access
     * @param bool                            $usesRememberMe  false when the firewall's remember-me tokens change with each use
     */
    public function __construct(
        public readonly string $firewall,
        private readonly AuthenticatorManagerInterface $authenticators,
        private readonly TokenStorageInterface $tokens,
        private readonly RequestStack $requests,
        private readonly ?ContextListener $context = null,
        private readonly ?Session\SessionReader $sessions = null,
        private readonly ?AccessMapInterface $access = null,
        private readonly ?AccessDecisionManagerInterface $decisions = null,
        private readonly bool $usesRememberMe = true,
    ) {
    }

    /**
     * The token storage is empty before and after.
     *
     * @return ?TokenInterface null for a visitor who has shown nothing, where access_control lets visitors in
     *
     * @throws HandshakeRefusedException for what the firewall does not accept (its own status, or 401), and for what access_control
     *                          forbids (401 to visitors, 403 to users)
     */
    public function authenticate(Request $request): ?TokenInterface
    {
        $this->tokens->setToken(null);
        $this->requests->push($request);

        try {
            $this->restore($request);
            $restored = $this->tokens->getToken();
            $this->check($request);
            $token = $this->tokens->getToken();
            $request->attributes->set(self::BY_SESSION, null !== $restored && $restored === $token);
            $token = null === $token?->getUser() ? null : $token;
            $this->authorize($request, $token);

            return $token;
        } catch (AuthenticationException $e) {
            throw new HandshakeRefusedException(Response::HTTP_UNAUTHORIZED, $e->getMessage(), $e);
        } catch (AccessDeniedException $e) {
            throw new HandshakeRefusedException(null === $this->tokens->getToken() ? Response::HTTP_UNAUTHORIZED : Response::HTTP_FORBIDDEN, $e->getMessage(), $e);
        } finally {
            $this->requests->pop();
            $this->tokens->setToken(null);

            if ($this->tokens instanceof UsageTrackingTokenStorage) {
                // Enabled by the context listener; no later reader of the token has a session.
                $this->tokens->disableUsageTracking();
            }
        }
    }

    private function restore(Request $request): void
    {
        $session = $this->sessions?->read($request);

        if (null === $session) {
            return;
        }

        $request->setSession($session);
        // As a sub-request, after which the listener writes nothing back.
        $this->context?->authenticate(new RequestEvent(self::kernel(), $request, HttpKernelInterface::SUB_REQUEST));
    }

    private function check(Request $request): void
    {
        if (false === $this->authenticators->supports($request)) {
            return;
        }

        if (!$this->usesRememberMe) {
            $request->attributes->set('_security_authenticators', array_values(array_filter(
                (array) $request->attributes->get('_security_authenticators', []),
                static fn (AuthenticatorInterface $authenticator): bool => !self::isRememberMe($authenticator),
            )));
        }

        $before = $this->tokens->getToken();
        $response = $this->authenticators->authenticateRequest($request);

        // Some answer a success, too.
        if (null === $response || null !== $this->tokens->getToken() && $before !== $this->tokens->getToken()) {
            return;
        }

        // A redirection to a login page means the same as its absence would.
        throw new HandshakeRefusedException($response->getStatusCode() >= 400 ? $response->getStatusCode() : Response::HTTP_UNAUTHORIZED, 'The firewall refused the credentials.');
    }

    private function authorize(Request $request, ?TokenInterface $token): void
    {
        [$attributes] = $this->access?->getPatterns($request) ?? [null];

        if (null === $attributes || [] === $attributes || [AuthenticatedVoter::PUBLIC_ACCESS] === $attributes || null === $this->decisions) {
            return;
        }

        if (!$this->decisions->decide($token ?? new NullToken(), $attributes, $request, true)) {
            throw new HandshakeRefusedException(null === $token ? Response::HTTP_UNAUTHORIZED : Response::HTTP_FORBIDDEN, 'Forbidden by access_control.');
        }
    }

    private static function isRememberMe(AuthenticatorInterface $authenticator): bool
    {
        return $authenticator instanceof RememberMeAuthenticator
            || $authenticator instanceof TraceableAuthenticator && $authenticator->getAuthenticator() instanceof RememberMeAuthenticator;
    }

    /** An event must have one; nobody calls it. */
    private static function kernel(): HttpKernelInterface
    {
        return new class implements HttpKernelInterface {
            public function handle(Request $request, int $type = self::MAIN_REQUEST, bool $catch = true): Response
            {
                throw new \LogicException('A handshake is no request for the kernel.');
            }
        };
    }
}
