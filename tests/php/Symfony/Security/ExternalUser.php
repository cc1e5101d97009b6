<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Symfony\Component\Security\Core\User\UserInterface;

final class ExternalUser implements UserInterface
{
    public function getUserIdentifier(): string
    {
        return 'external';
    }

    public function getRoles(): array
    {
        return ['ROLE_EXTERNAL'];
    }

    #[\Deprecated]
    public function eraseCredentials(): void
    {
    }

    public function getUsername(): string
    {
        return 'external';
    }

    public function getPassword(): ?string
    {
        return null;
    }

    public function getSalt(): ?string
    {
        return null;
    }
}
