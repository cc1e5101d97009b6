<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Identity;
use Psr\Cache\CacheItemPoolInterface;

/**
 * Tokens that are refused although they have not expired. As long as they would have been valid, and at most $limit of them:
 * the ones that expire first go first.
 *
 * With a cache pool that other processes share, what a controller revokes is refused by the server, too.
 */
final class RevokedTokens
{
    private const DAY = 86400;

    /** @var array<string, int> Unix time of expiry by hash */
    private array $expiries = [];

    /** @var \Closure(): int */
    private readonly \Closure $now;

    /**
     * @param positive-int     $limit
     * @param ?\Closure(): int $now   Unix time; for tests
     */
    public function __construct(private readonly ?CacheItemPoolInterface $pool = null, private readonly int $limit = 100_000, ?\Closure $now = null)
    {
        $this->now = $now ?? time(...);
    }

    /**
     * @param string|int|float $token     its claim "jti", or the token itself
     * @param ?int             $expiresAt Unix time; null: a day from now
     */
    public function revoke(#[\SensitiveParameter] string|int|float $token, ?int $expiresAt = null): void
    {
        $now = ($this->now)();
        $expiresAt ??= $now + self::DAY;

        if ($expiresAt <= $now) {
            return;
        }

        $hash = self::hash((string) $token);

        if (null !== $this->pool) {
            $this->pool->save($this->pool->getItem('ferry.revoked.'.$hash)->set(true)->expiresAt(new \DateTimeImmutable('@'.$expiresAt)));
        }

        $this->expiries[$hash] = $expiresAt;

        if (\count($this->expiries) > $this->limit) {
            $this->shrink($now);
        }
    }

    public function isRevoked(Identity $identity): bool
    {
        foreach (self::namesOf($identity) as $name) {
            $hash = self::hash($name);

            if (($this->expiries[$hash] ?? 0) > ($this->now)() || true === $this->pool?->hasItem('ferry.revoked.'.$hash)) {
                return true;
            }
        }

        return false;
    }

    /**
     * Those that are revoked, with their keys. Asks the pool once, however many they are.
     *
     * @template K of array-key
     *
     * @param array<K, Identity> $identities
     *
     * @return array<K, Identity>
     */
    public function among(array $identities): array
    {
        if (null === $this->pool && [] === $this->expiries) {
            return [];
        }

        $now = ($this->now)();
        $revoked = $keys = [];

        foreach ($identities as $key => $identity) {
            foreach (self::namesOf($identity) as $name) {
                $hash = self::hash($name);

                if (($this->expiries[$hash] ?? 0) > $now) {
                    $revoked[$key] = $identity;
                }

                $keys['ferry.revoked.'.$hash][] = $key;
            }
        }

        foreach (null === $this->pool || [] === $keys ? [] : $this->pool->getItems(array_keys($keys)) as $name => $item) {
            if ($item->isHit()) {
                foreach ($keys[$name] as $key) {
                    $revoked[$key] = $identities[$key];
                }
            }
        }

        return $revoked;
    }

    /**
     * What a token can be revoked by.
     *
     * @return list<string>
     *
     * @internal
     */
    public static function namesOf(Identity $identity): array
    {
        $jti = $identity->claims['jti'] ?? null;

        // RFC 7519 asks for a string; identity providers that count send a number.
        return array_values(array_filter([\is_string($jti) || \is_int($jti) || \is_float($jti) ? (string) $jti : null, $identity->token], static fn (?string $name): bool => null !== $name && '' !== $name));
    }

    private function shrink(int $now): void
    {
        $this->expiries = array_filter($this->expiries, static fn (int $expiry): bool => $expiry > $now);

        if (\count($this->expiries) > $this->limit) {
            asort($this->expiries);
            // More than the one: sorting for each would make revoking slow.
            $this->expiries = \array_slice($this->expiries, intdiv($this->limit, 10) + 1, null, true);
        }
    }

    /** Tokens are secrets, and hashes are of one size. */
    private static function hash(string $token): string
    {
        return hash('sha256', $token);
    }
}
