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
