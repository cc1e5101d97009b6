<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Identity;
use Symfony\Component\Security\Core\Authentication\Token\RememberMeToken;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Exception\AccountStatusException;
use Symfony\Component\Security\Core\Exception\UserNotFoundException;
use Symfony\Component\Security\Core\User\PasswordAuthenticatedUserInterface;
use Symfony\Component\Security\Core\User\UserCheckerInterface;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Core\User\UserProviderInterface;

/**
 * Turns logins into identities, which hold no user, and identities back into users.
 */
final class Users
{
    /** @var \WeakMap<Identity, UserState> */
    private \WeakMap $states;

    private readonly UserState $plain;
    private readonly string $key;

    /**
     * @param ?UserProviderInterface<UserInterface> $provider null: users are made from what their identities say
     */
    public function __construct(private readonly ?UserProviderInterface $provider = null, private readonly ?UserCheckerInterface $checker = null)
    {
        $this->states = new \WeakMap();
        $this->plain = new UserState();
        // Fingerprints in a dump of the memory are of no use without it, and it lives as long as they do.
        $this->key = random_bytes(32);
    }

    /**
     * @param bool                 $endsWithPassword whether the login ends when the user's password changes, as sessions do
     * @param array<string, mixed> $claims
     * @param ?string              $bearer           the token that the client has shown
     */
    public function identify(TokenInterface $token, bool $endsWithPassword = false, array $claims = [], #[\SensitiveParameter] ?string $bearer = null, ?int $expiresAt = null): Identity
    {
        $user = $token->getUser();

        if (!$user instanceof UserInterface) {
            throw new \LogicException(sprintf('The token "%s" has no user.', $token::class));
        }

        $identity = new Identity($user->getUserIdentifier(), array_values($token->getRoleNames()), $claims, $bearer, $expiresAt);
        $reloads = null !== $this->provider && $this->provider->supportsClass($user::class);
        $this->states[$identity] = new UserState(
            array_values(array_diff($token->getRoleNames(), $user->getRoles())),
            $reloads && $endsWithPassword ? $this->fingerprint($user) : null,
            $token instanceof RememberMeToken,
            $reloads ? null : $user,
        );

        return $identity;
    }

    /**
     * @param string $firewall name, for those who ask a token for it
     */
    public function token(Identity $identity, string $firewall): ConnectionToken|RememberedConnectionToken
    {
        return $this->state($identity)->remembered ? new RememberedConnectionToken($identity, $this, $firewall) : new ConnectionToken($identity, $this, $firewall);
    }

    public function state(Identity $identity): UserState
    {
        return $this->states[$identity] ?? $this->plain;
    }

    /**
     * The user as he is now.
     *
     * @return ?UserInterface null when he is gone, locked out by the user checker, or has changed his password
     */
    public function load(Identity $identity): ?UserInterface
    {
        $state = $this->state($identity);

        if (null !== $state->user) {
            return $state->user;
        }

        if (null === $this->provider) {
            return '' === $identity->userIdentifier ? null : new IdentityUser($identity);
        }

        try {
            $user = $this->provider->loadUserByIdentifier($identity->userIdentifier);
            $this->checker?->checkPreAuth($user);
            $this->checker?->checkPostAuth($user);
        } catch (UserNotFoundException|AccountStatusException) {
            return null;
        }

        return null === $state->fingerprint || hash_equals($state->fingerprint, (string) $this->fingerprint($user)) ? $user : null;
    }

    private function fingerprint(UserInterface $user): ?string
    {
        return $user instanceof PasswordAuthenticatedUserInterface ? hash_hmac('sha256', (string) $user->getPassword(), $this->key, true) : null;
    }
}
