<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Connection;
use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\IdentityCheckInterface;
use Ferry\Handshake;
use Ferry\Identity;

/**
 * Refuses tokens that were revoked, in handshakes and on open connections.
 */
final class RevocationAdmission implements AdmissionInterface, IdentityCheckInterface
{
    public function __construct(private readonly RevokedTokens $revoked)
    {
    }

    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null
    {
        $identity ??= $handshake->identity();

        return null !== $identity && $this->revoked->isRevoked($identity) ? 401 : null;
    }

    public function accepts(Connection $connection, Identity $identity): bool
    {
        return !$this->revoked->isRevoked($identity);
    }
}
