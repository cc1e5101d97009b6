<?php

declare(strict_types=1);

namespace Ferry;

/**
 * What an application does with its WebSocket connections.
 *
 * All methods run on the PHP thread, one at a time. Events of one connection arrive in order: onOpen, then its messages,
 * then onClose, exactly once and last. While a method runs no other one does, so a slow method delays the others, but
 * never the network: pings, accepts and sends go on.
 *
 * A throwable from any method goes to onError(); the connection stays open.
 */
interface HandlerInterface
{
    public function onOpen(Connection $connection): void;

    public function onMessage(Connection $connection, string $data, bool $binary): void;

    /**
     * @param int $code close code (RFC 6455 section 7.4); 1005: none was sent, 1006: the connection was lost
     */
    public function onClose(Connection $connection, int $code, string $reason): void;

    /**
     * @param ?Connection $connection null when the failure belongs to none, as in a timer
     */
    public function onError(?Connection $connection, \Throwable $error): void;
}
