<?php

declare(strict_types=1);

namespace Ferry;

/**
 * A handler that decides who may connect, before the upgrade.
 */
interface HandshakeHandlerInterface extends HandlerInterface
{
    /**
     * Runs after the checks that need no PHP (limits, path, origin, token). All other connections wait for its answer, so
     * it should not do more than look up what the decision needs.
     *
     * @return Identity|bool|int|null true, null or an Identity accepts; false (403) or a status from 400 to 599 refuses
     */
    public function onHandshake(Handshake $handshake): Identity|bool|int|null;
}
