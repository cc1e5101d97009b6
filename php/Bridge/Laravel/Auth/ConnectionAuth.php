<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Handshake;
use Ferry\Identity;
use Illuminate\Auth\AuthManager;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Container\Container;

/**
 * Makes the user of a connection the application's user while its callback runs, and nobody afterwards: Auth::user(),
 * gates and policies all ask the default guard.
 */
final class ConnectionAuth
{
    private const DRIVER = 'ferry.connection';

    /** @var array<string, array<string, mixed>|null> configuration of the guards that are stood in for, the default one first */
    private array $guards = [];

    private ?string $defaultGuard = null;

    private bool $extended = false;

    private ?ConnectionGuard $current = null;

    /** The application's own guards are in their places for a while. */
    private bool $aside = false;

    private readonly UserLoader $users;

    public function __construct(
        private readonly Container $container,
        private readonly Repository $config,
        private readonly HandshakeScope $scope,
    ) {
        $this->users = new UserLoader($container, $config);
    }

    /**
     * @param \Closure(): Handshake $handshake only asked when a guard must be asked again
     * @param list<string>          $guards    that know this user, too, if their users are of his kind
     */
    public function enter(?Identity $identity, \Closure $handshake, array $guards = []): void
    {
        $this->leave();

        $auth = $this->auth();
        $this->defaultGuard = $auth->getDefaultDriver();

        $own = GuardClaim::guard($identity) ?? $this->config->get('ws.auth.guard') ?? $this->defaultGuard;

        foreach ([$own, ...$guards] as $guard) {
            if (null === $identity || $this->users->belongsTo($identity, $guard, $own)) {
                $this->guards[$guard] = $this->config->get('auth.guards.'.$guard);
            }
        }

        $this->current = new ConnectionGuard(
            $identity?->userIdentifier,
            fn (): ?Authenticatable => null === $identity ? null : $this->load($identity, $handshake),
        );
        $this->standIn($auth);
    }

    public function leave(): void
    {
        if ([] === $this->guards) {
            return;
        }

        $this->stepBack($this->auth());
        $this->guards = [];
        $this->current = null;
        $this->aside = false;
    }

    /**
     * The handler waits: another one has other guards.
     *
     * @return ?array{array<string, array<string, mixed>|null>, ?string, ?ConnectionGuard, bool}
     */
    public function suspend(): ?array
    {
        if ([] === $this->guards) {
            return null;
        }

        $state = [$this->guards, $this->defaultGuard, $this->current, $this->aside];
        $this->leave();

        return $state;
    }

    /**
     * @param ?array{array<string, array<string, mixed>|null>, ?string, ?ConnectionGuard, bool} $state
     */
    public function resume(?array $state): void
    {
        if (null === $state) {
            return;
        }

        [$this->guards, $this->defaultGuard, $this->current, $this->aside] = $state;

        if (!$this->aside) {
            $this->standIn($this->auth());
        }
    }

    /**
     * With the application's own guards, which know nothing of the connection.
     *
     * @template T
     *
     * @param \Closure(): T $inside
     *
     * @return T
     */
    public function aside(\Closure $inside): mixed
    {
        if ([] === $this->guards) {
            return $inside();
        }

        $auth = $this->auth();
        $this->stepBack($auth);
        $this->aside = true;

        try {
            return $inside();
        } finally {
            $this->aside = false;
            $this->standIn($auth);
        }
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

        foreach ($this->guards as $guard => $config) {
            $this->config->set('auth.guards.'.$guard, ['driver' => self::DRIVER] + ($config ?? []));
        }

        $auth->shouldUse((string) array_key_first($this->guards));
    }

    private function stepBack(AuthManager $auth): void
    {
        foreach ($this->guards as $guard => $config) {
            $this->config->set('auth.guards.'.$guard, $config);
        }

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
        $guard = GuardClaim::guard($identity);
        $config = $this->guards[$guard ?? array_key_first($this->guards)] ?? [];

        if (null !== $guard && !isset($config['provider'])) {
            $request = $handshake();

            if (null !== $request->token || null !== $request->header('authorization') || !$this->users->knows($identity)) {
                return $this->ask($guard, $request, $identity);
            }
        }

        return $this->users->load($identity, $config['provider'] ?? null);
    }

    private function ask(string $guard, Handshake $handshake, Identity $identity): ?Authenticatable
    {
        $user = $this->aside(fn (): ?Authenticatable => $this->scope->run($handshake, fn (): ?Authenticatable => $this->auth()->guard($guard)->user()));

        // Another user would be somebody else's right to this connection.
        return null !== $user && (string) $user->getAuthIdentifier() === $identity->userIdentifier ? $user : null;
    }

    private function auth(): AuthManager
    {
        return $this->container->make('auth');
    }
}
