<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Identity;
use Symfony\Component\Security\Core\User\UserInterface;

/**
 * A security token whose user is loaded when somebody asks for him, and again after forget().
 *
 * @internal
 */
trait LazyUserTrait
{
    /** Whether somebody has asked for the user in this event. For reading. */
    public bool $loaded = false;
    private ?UserInterface $lazyUser = null;

    public function __construct(public readonly Identity $identity, private readonly Users $users, private readonly string $firewall)
    {
    }

    /** The user as he is in this event. */
    public function getUser(): ?UserInterface
    {
        if (!$this->loaded) {
            // Set before: a provider may ask for the current user itself.
            $this->loaded = true;

            try {
                $this->lazyUser = $this->users->load($this->identity);
            } catch (\Throwable $e) {
                $this->loaded = false;

                throw $e;
            }
        }

        return $this->lazyUser;
    }

    public function setUser($user): void
    {
        $this->loaded = true;
        $this->lazyUser = $user instanceof UserInterface ? $user : null;
    }

    public function getUserIdentifier(): string
    {
        return $this->identity->userIdentifier;
    }

    /** Those of the user as he is now: a role that was taken away is gone for open connections, too. */
    public function getRoleNames(): array
    {
        $user = $this->getUser();

        return null === $user ? [] : array_values(array_unique([...$user->getRoles(), ...$this->users->state($this->identity)->extraRoles]));
    }

    public function getFirewallName(): string
    {
        return $this->firewall;
    }

    /** @return array<never> Symfony 5.4 asks for it */
    public function getCredentials(): array
    {
        return [];
    }

    /** Symfony 5.4 asks for it. */
    public function isAuthenticated(): bool
    {
        return true;
    }

    public function __serialize(): array
    {
        throw new \LogicException('The token of a WebSocket connection cannot be serialized: it belongs to this process.');
    }

    /** The user is loaded again when he is asked for. */
    public function forget(): void
    {
        $this->loaded = false;
        $this->lazyUser = null;
    }

    /** Whether somebody has asked for the user and there is none any more. */
    public function isRevoked(): bool
    {
        return $this->loaded && null === $this->lazyUser;
    }
}
