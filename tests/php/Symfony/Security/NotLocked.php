<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Exception\LockedException;
use Symfony\Component\Security\Core\User\UserCheckerInterface;
use Symfony\Component\Security\Core\User\UserInterface;

final class NotLocked implements UserCheckerInterface
{
    public bool $everybodyIsLocked = false;

    public function checkPreAuth(UserInterface $user): void
    {
        if ($this->everybodyIsLocked || 'locked' === $user->getUserIdentifier()) {
            throw new LockedException();
        }
    }

    public function checkPostAuth(UserInterface $user, ?TokenInterface $token = null): void
    {
    }
}
