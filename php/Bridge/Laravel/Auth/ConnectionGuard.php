<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Illuminate\Auth\GuardHelpers;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\Guard;

/**
 * The user of one connection during one callback: found when it is first asked for, and then the same until the callback ends.
 *
 * @internal
 */
final class ConnectionGuard implements Guard
{
    use GuardHelpers;

    private bool $loaded = false;

    /**
     * @param ?string                         $identifier of the user, null for a guest
     * @param \Closure(): (?Authenticatable) $load
     */
    public function __construct(private readonly ?string $identifier, private readonly \Closure $load)
    {
    }

    public function user(): ?Authenticatable
    {
        if (null === $this->user && !$this->loaded) {
            $this->loaded = true;
            $this->user = ($this->load)();
        }

        return $this->user;
    }

    /** Costs no query: the identifier is the connection's. */
    public function id(): int|string|null
    {
        return $this->user?->getAuthIdentifier() ?? $this->identifier;
    }

    /**
     * @param array<string, mixed> $credentials
     */
    public function validate(array $credentials = []): bool
    {
        throw new \LogicException('A WebSocket connection is authenticated by its handshake: it has no credentials to validate.');
    }
}
