<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Identity;
use Illuminate\Contracts\Auth\Authenticatable;

/**
 * What an Identity says about how Laravel found its user. Names only: the user itself is loaded anew for each callback.
 *
 * @internal
 */
final class GuardClaim
{
    private const GUARD = 'laravel.guard';
    private const MODEL = 'laravel.model';

    /** @param ?string $token that the guard found the user by */
    public static function identity(Authenticatable $user, string $guard, #[\SensitiveParameter] ?string $token = null): Identity
    {
        [$identifier, $claims] = self::of($user, $guard);

        return new Identity($identifier, [], $claims, $token);
    }

    /**
     * @return array{string, array<string, string>} identifier and claims
     */
    public static function of(Authenticatable $user, string $guard): array
    {
        $identifier = $user->getAuthIdentifier();

        if (!\is_scalar($identifier) && !$identifier instanceof \Stringable) {
            throw new \LogicException(sprintf('The guard "%s" found a %s without an identifier: getAuthIdentifier() returned %s.', $guard, $user::class, get_debug_type($identifier)));
        }

        return [(string) $identifier, [self::GUARD => $guard, self::MODEL => $user::class]];
    }

    /** The guard's name, null for an identity that no guard made: that of a token verified by the server, or of a ticket. */
    public static function guard(?Identity $identity): ?string
    {
        $guard = $identity?->claims[self::GUARD] ?? null;

        return \is_string($guard) ? $guard : null;
    }

    /** @return class-string<Authenticatable>|null */
    public static function model(Identity $identity): ?string
    {
        $model = $identity->claims[self::MODEL] ?? null;

        return \is_string($model) && is_a($model, Authenticatable::class, true) ? $model : null;
    }
}
