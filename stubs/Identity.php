<?php

namespace Ferry;

/** Who a connection belongs to: identifiers only, never entities. */
final class Identity
{
    public readonly string $userIdentifier;

    /** @var list<string> */
    public readonly array $roles;

    /** @var array<string, mixed> */
    public readonly array $claims;

    /** '[redacted]' wherever the object as a whole is shown or turned into an array. */
    public readonly ?string $token;

    /** Unix time at which the connection closes with the expired code; null: never. */
    public readonly ?int $expiresAt;

    /**
     * @param list<string>         $roles
     * @param array<string, mixed> $claims
     */
    public function __construct(string $userIdentifier, array $roles = [], array $claims = [], #[\SensitiveParameter] ?string $token = null, ?int $expiresAt = null) {}

    /** @return array<string, mixed> */
    public function __debugInfo(): array {}
}
