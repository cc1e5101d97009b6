<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Core\User\UserProviderInterface;

/**
 * With the method that Symfony 5.4 only documents, so that it can be mocked.
 *
 * @extends UserProviderInterface<UserInterface>
 */
interface UserProvider extends UserProviderInterface
{
    public function loadUserByIdentifier(string $identifier): UserInterface;
}
