<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handshake;
use Ferry\Identity;

/**
 * Refuses clients of whom no admission before has found out who they are.
 */
final class UserAdmission implements AdmissionInterface
{
    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null
    {
        $identity ??= $handshake->identity();

        return null === $identity || '' === $identity->userIdentifier ? 401 : null;
    }
}
