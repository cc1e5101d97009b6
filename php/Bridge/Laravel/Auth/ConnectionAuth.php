<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Handshake;
use Ferry\Identity;
use Illuminate\Auth\AuthManager;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\UserProvider;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Container\Container;

/**
 * Makes the user of a connection the application's user while its callback runs, and nobody afterwards: Auth::user(),
 * gates and policies all ask the default guard.
 */
final class ConnectionAuth
{
    private const DRIVER = 'ferry.connection';

    private ?string $guard = null;

    /** @var array<string, mixed>|null of the guard that is stood in for */
    private ?array $guardConfig = null;

    private ?string $defaultGuard = null;

    private bool $extended = false;

    private ?ConnectionGuard $current = null;

    public function __construct(
        private readonly Container $container,
        private readonly Repository $config,
        private readonly HandshakeScope $scope,
    ) {
    }

    /**
     * @param \Closure(): Handshake $handshake only asked when a guard must be asked again
     */
    public function enter(?Identity $identity, \Closure $handshake): void
    {
        $this->leave();

        $auth = $this->auth();
        $this->defaultGuard = $auth->getDefaultDriver();
        $this->guard = GuardClaim::guard($identity) ?? $this->config->get('ws.auth.guard') ?? $this->defaultGuard;
        $this->guardConfig = $this->config->get('auth.guards.'.$this->guard);
        $this->current = new ConnectionGuard(
            $identity?->userIdentifier,
            fn (): ?Authenticatable => null === $identity ? null : $this->load($identity, $handshake),
        );
        $this->standIn($auth);
    }

    public function leave(): void
    {
        if (null === $this->guard) {
            return;
        }

        $auth = $this->auth();
        $this->stepBack($auth);
        $this->guard = $this->guardConfig = $this->current = null;
    }

    private function standIn(AuthManager $auth): void
    {
        if (!$this->extended) {
            $current = fn (): ConnectionGuard => $this->current ?? throw new \LogicException('No WebSocket callback runs.');
            // Laravel 13 makes itself $this of the closure that it is given.
            $auth->extend(self::DRIVER, function () use ($current): ConnectionGuard {
                return $current();
            });
            $this->extended = true;
        }

        $this->forget($auth);
        $this->config->set('auth.guards.'.$this->guard, ['driver' => self::DRIVER] + ($this->guardConfig ?? []));
        $auth->shouldUse((string) $this->guard);
    }

    private function stepBack(AuthManager $auth): void
    {
        $this->config->set('auth.guards.'.$this->guard, $this->guardConfig);
        $auth->shouldUse((string) $this->defaultGuard);
        $this->forget($auth);
    }

    private function forget(AuthManager $auth): void
    {
        $auth->forgetGuards();
        $this->container->forgetInstance('auth.driver');
    }

    /**
     * The user as the database has it now. A guard without a provider found its user in the request (viaRequest, Sanctum): a
     * token is shown to it again, which also tells whether it still is good.
     *
     * @param \Closure(): Handshake $handshake
     */
    private function load(Identity $identity, \Closure $handshake): ?Authenticatable
    {
        $provider = $this->auth()->createUserProvider($this->guardConfig['provider'] ?? null);

        if (null === ($this->guardConfig['provider'] ?? null) && null !== GuardClaim::guard($identity)) {
            $request = $handshake();

            if (null !== $request->token || null !== $request->header('authorization')) {
                return $this->ask($request, $identity);
            }

            $provider = $this->providerOf(GuardClaim::model($identity)) ?? $provider;

            if (null === $provider) {
                return $this->ask($request, $identity);
            }
        }

        return $provider?->retrieveById($identity->userIdentifier);
    }

    private function ask(Handshake $handshake, Identity $identity): ?Authenticatable
    {
        $auth = $this->auth();
        $current = $this->current;
        $this->stepBack($auth);

        try {
            $user = $this->scope->run($handshake, fn (): ?Authenticatable => $auth->guard($this->guard)->user());
        } finally {
            $this->current = $current;
            $this->standIn($auth);
        }

        // Another user would be somebody else's right to this connection.
        return null !== $user && (string) $user->getAuthIdentifier() === $identity->userIdentifier ? $user : null;
    }

    private function providerOf(?string $model): ?UserProvider
    {
        foreach ((array) $this->config->get('auth.providers') as $name => $provider) {
            if (null !== $model && \is_array($provider) && ($provider['model'] ?? null) === $model) {
                return $this->auth()->createUserProvider((string) $name);
            }
        }

        return null;
    }

    private function auth(): AuthManager
    {
        return $this->container->make('auth');
    }
}
