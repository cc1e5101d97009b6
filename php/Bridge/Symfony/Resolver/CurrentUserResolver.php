<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Resolver;

use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Http\Attribute\CurrentUser;

/**
 * The user, for arguments with #[CurrentUser] or of the type UserInterface.
 */
final class CurrentUserResolver implements ValueResolverInterface
{
    public function __construct(private readonly ?TokenStorageInterface $tokens = null)
    {
    }

    public static function concerns(ArgumentMetadata $argument): bool
    {
        return UserInterface::class === $argument->type || $argument->hasAttribute(CurrentUser::class);
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if (null === $this->tokens || !self::concerns($argument)) {
            return null;
        }

        $tokens = $this->tokens;
        $class = $argument->builtin ? null : $argument->type;
        $optional = $argument->nullable || $argument->hasDefault;
        $default = $argument->default;

        return static function () use ($tokens, $class, $optional, $default): mixed {
            $user = $tokens->getToken()?->getUser();

            if ($user instanceof UserInterface && (null === $class || $user instanceof $class)) {
                return $user;
            }

            if ($optional) {
                return $default;
            }

            throw null === $user ? RefusedException::unauthenticated() : RefusedException::accessDenied();
        };
    }
}
