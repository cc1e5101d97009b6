<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Symfony\Component\Security\Core\Exception\UserNotFoundException;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Core\User\UserProviderInterface;

/**
 * A table of users that changes.
 *
 * @implements UserProviderInterface<Person>
 */
final class People implements UserProviderInterface
{
    public int $loads = 0;

    /** @var array<string, array{string, list<string>}> password and roles by name */
    public array $rows = ['alice' => ['secret', ['ROLE_USER']], 'root' => ['secret', ['ROLE_USER', 'ROLE_ADMIN']], 'locked' => ['secret', ['ROLE_USER']]];

    public function loadUserByIdentifier(string $identifier): UserInterface
    {
        ++$this->loads;

        return new Person($identifier, ...$this->rows[$identifier] ?? throw new UserNotFoundException());
    }

    public function loadUserByUsername(string $username): UserInterface
    {
        return $this->loadUserByIdentifier($username);
    }

    public function refreshUser(UserInterface $user): UserInterface
    {
        return $this->loadUserByIdentifier($user->getUserIdentifier());
    }

    public function supportsClass(string $class): bool
    {
        return Person::class === $class;
    }
}
