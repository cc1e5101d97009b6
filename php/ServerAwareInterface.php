<?php

declare(strict_types=1);

namespace Ferry;

/**
 * A handler that needs the server itself: its rooms, its timers, a connection by id.
 */
interface ServerAwareInterface
{
    /**
     * Called once per run, before the server listens.
     */
    public function setServer(WsServer $server): void;
}
