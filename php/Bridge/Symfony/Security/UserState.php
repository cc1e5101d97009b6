<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Symfony\Component\Security\Core\User\UserInterface;

/**
 * What of a login outlives the handshake, beside the Identity.
 *
 * @internal
 */
final class UserState
{
    /**
     * @param list<string>   $extraRoles  that the token had and the user had not, as ROLE_PREVIOUS_ADMIN
     * @param ?string        $fingerprint of the password, when a change of it ends the login
     * @param ?UserInterface $user        for a user whom no provider can load again, as one made from an OpenID token's claims
     */
    public function __construct(
        public readonly array $extraRoles = [],
        public readonly ?string $fingerprint = null,
        public readonly bool $remembered = false,
        public readonly ?UserInterface $user = null,
    ) {
    }
}
