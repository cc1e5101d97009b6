<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Identity;
use Illuminate\Auth\AuthManager;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Container\Container;

/**
 * Finds the user of an identity through the application's user providers.
 *
 * @internal
 */
final class UserLoader
{
    public function __construct(private readonly Container $container, private readonly Repository $config)
    {
    }

    /** Whether a provider has users of the class that the identity names. */
    public function knows(Identity $identity): bool
    {
        return null !== $this->providerOf($identity);
    }

    /**
     * Whether the identity's user may be one of this guard's: an administrator's guard does not take a customer of the same id.
     * Guards without a provider (Sanctum, viaRequest) have users of any class.
     *
     * @param string $own the guard whose user it is
     */
    public function belongsTo(Identity $identity, string $guard, string $own): bool
    {
        $provider = $this->config->get("auth.guards.$guard.provider");

        if (null === $provider || $guard === $own || $provider === $this->config->get("auth.guards.$own.provider")) {
            return true;
        }

        $model = GuardClaim::model($identity);

        return null !== $model && $model === $this->config->get("auth.providers.$provider.model");
    }

    /** The guard that has users of this class: the default one, or else the first. */
    public function guardOf(Authenticatable $user, string $default): string
    {
        $has = fn (string $guard): bool => $user::class === $this->config->get('auth.providers.'.$this->config->get("auth.guards.$guard.provider").'.model');

        if ($has($default)) {
            return $default;
        }

        foreach (array_keys((array) $this->config->get('auth.guards')) as $guard) {
            if ($has((string) $guard)) {
                return (string) $guard;
            }
        }

        return $default;
    }

    /**
     * @param ?string $provider of the guard; null: the one that has such users, or else that of the first guard with one
     */
    public function load(Identity $identity, ?string $provider): ?Authenticatable
    {
        $auth = $this->container->make('auth');
        \assert($auth instanceof AuthManager);

        return $auth->createUserProvider($provider ?? $this->providerOf($identity) ?? $this->anyProvider())?->retrieveById($identity->userIdentifier);
    }

    private function providerOf(Identity $identity): ?string
    {
        $model = GuardClaim::model($identity);

        foreach ((array) $this->config->get('auth.providers') as $name => $provider) {
            if (null !== $model && \is_array($provider) && ($provider['model'] ?? null) === $model) {
                return (string) $name;
            }
        }

        return null;
    }

    private function anyProvider(): ?string
    {
        $providers = array_filter(array_column((array) $this->config->get('auth.guards'), 'provider'), 'is_string');

        return [] === $providers ? null : reset($providers);
    }
}
