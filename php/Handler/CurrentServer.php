<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\WsServer;

/**
 * The server that runs in this process, for services that are made before it.
 */
final class CurrentServer
{
    private ?WsServer $server = null;

    public function set(?WsServer $server): void
    {
        $this->server = $server;
    }

    public function isRunning(): bool
    {
        return null !== $this->server;
    }

    /**
     * @throws \LogicException outside of the process that serves
     */
    public function get(): WsServer
    {
        return $this->server ?? throw new \LogicException('No WebSocket server runs in this process. To reach connections from elsewhere, publish.');
    }
}
