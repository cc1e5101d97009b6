<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Symfony\Component\Security\Core\Authentication\Token\RememberMeToken;

/**
 * The security token of a connection whose client was remembered: IS_AUTHENTICATED_FULLY is not granted to it.
 */
final class RememberedConnectionToken extends RememberMeToken
{
    use LazyUserTrait;

    /** Symfony up to 7 asks for it. */
    public function getSecret(): string
    {
        return '';
    }
}
