<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Identity;
use Symfony\Component\Security\Core\User\UserInterface;

/**
 * The user whom a verified token names, where the application has no user provider.
 */
final class IdentityUser implements UserInterface
{
    public function __construct(public readonly Identity $identity)
    {
    }

    public function getUserIdentifier(): string
    {
        return $this->identity->userIdentifier;
    }

    public function getRoles(): array
    {
        return $this->identity->roles;
    }

    public function eraseCredentials(): void
    {
    }

    /** Symfony 5.4 asks for it. */
    public function getUsername(): string
    {
        return $this->identity->userIdentifier;
    }

    /** Symfony 5.4 asks for it. */
    public function getPassword(): ?string
    {
        return null;
    }

    /** Symfony 5.4 asks for it. */
    public function getSalt(): ?string
    {
        return null;
    }
}
