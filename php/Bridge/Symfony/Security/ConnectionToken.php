<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Symfony\Component\Security\Core\Authentication\Token\AbstractToken;

/**
 * The security token of a connection whose client has logged in.
 */
final class ConnectionToken extends AbstractToken
{
    use LazyUserTrait;
}
