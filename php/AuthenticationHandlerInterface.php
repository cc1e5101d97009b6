<?php

declare(strict_types=1);

namespace Ferry;

/**
 * A handler that also decides about the tokens that Connection::authenticate() has verified.
 */
interface AuthenticationHandlerInterface extends HandlerInterface
{
    /**
     * Called before the identity is taken.
     *
     * @param Connection $connection with the identity that it has had so far
     *
     * @return bool false refuses it: authenticate() throws an AuthenticationException
     */
    public function onAuthenticate(object $connection, Identity $identity): bool;
}
