<?php

declare(strict_types=1);

namespace Ferry\Auth;

/**
 * Issues tickets: a page whose user has logged in gets one, and its script connects with it within seconds, once.
 *
 *     $url = 'wss://example.org/chat?ticket='.$tickets->issue($user->getUserIdentifier());
 *
 * For applications with sessions whose socket has another host than their pages, so that no cookie gets there. Works
 * without ext-ferry; the server only needs the same secret.
 */
final class TicketIssuer
{
    public const MAX_TTL = 3600;

    private readonly TicketCodec $codec;

    /** @var \Closure(): int */
    private readonly \Closure $now;

    /**
     * @param string           $secret at least 16 bytes, the same as the server's
     * @param int              $ttl    seconds until a ticket expires, 1 to 3600
     * @param ?\Closure(): int $now    Unix time; for tests
     */
    public function __construct(#[\SensitiveParameter] string $secret, private readonly int $ttl = 30, ?\Closure $now = null)
    {
        self::check($ttl);
        $this->codec = new TicketCodec($secret);
        $this->now = $now ?? time(...);
    }

    /**
     * @param list<string>         $roles     only for applications that do not load users by their identifier
     * @param array<string, mixed> $claims    for Identity::$claims; readable by the client
     * @param ?int                 $ttl       seconds; null: as configured
     * @param ?int                 $expiresAt Unix time at which the connection is closed, as at the end of the session; null: never
     */
    public function issue(string|int $userIdentifier, array $roles = [], array $claims = [], ?int $ttl = null, ?int $expiresAt = null): string
    {
        if ('' === (string) $userIdentifier) {
            throw new \InvalidArgumentException('A ticket needs a user identifier, an empty string given.');
        }

        self::check($ttl ??= $this->ttl);

        return $this->codec->encode(array_filter([
            'n' => bin2hex(random_bytes(16)),
            'e' => ($this->now)() + $ttl,
            'u' => (string) $userIdentifier,
            'r' => array_values($roles),
            'c' => $claims,
            'x' => $expiresAt,
        ], static fn (mixed $value): bool => null !== $value && [] !== $value));
    }

    private static function check(int $ttl): void
    {
        if ($ttl < 1 || $ttl > self::MAX_TTL) {
            throw new \InvalidArgumentException(sprintf('The lifetime of a ticket must be 1 to %d seconds, %d given.', self::MAX_TTL, $ttl));
        }
    }
}
