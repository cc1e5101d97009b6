<?php

declare(strict_types=1);

namespace Ferry;

/**
 * Who a connection belongs to: identifiers only, never entities.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
final class Identity
{
    /** @var list<string> */
    public readonly array $roles;

    /** @var array<string, mixed> */
    public readonly array $claims;

    /**
     * @param list<string>         $roles
     * @param array<string, mixed> $claims
     * @param ?int                 $expiresAt Unix time at which the connection closes with the expired code; null: never
     *
     * @throws Exception\InvalidArgumentException for a role that is not a string
     */
    public function __construct(
        public readonly string $userIdentifier,
        array $roles = [],
        array $claims = [],
        #[\SensitiveParameter] public readonly ?string $token = null,
        public readonly ?int $expiresAt = null,
    ) {
        foreach ($roles as $role) {
            if (!\is_string($role)) {
                throw new Exception\InvalidArgumentException(sprintf('Argument $roles must hold strings, %s given', get_debug_type($role)));
            }
        }

        $this->roles = $roles;
        $this->claims = $claims;
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['token' => null === $this->token ? null : '[redacted]'] + get_object_vars($this);
    }
}
