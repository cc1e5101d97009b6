<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Authorization\Voter\VoterInterface;

/**
 * Grants EDIT of what is named after the user.
 */
final class OwnerVoter implements VoterInterface
{
    public function vote(TokenInterface $token, $subject, array $attributes, $vote = null): int
    {
        if (['EDIT'] !== $attributes) {
            return self::ACCESS_ABSTAIN;
        }

        return $subject === $token->getUserIdentifier() ? self::ACCESS_GRANTED : self::ACCESS_DENIED;
    }
}
