<?php

/**
 * Sends every message back, with limits wide enough for Autobahn's cases 9.x (messages of 16 MiB).
 * Prints its address as the first line.
 */

use Ferry\Connection;
use Ferry\WsServer;

$server = new WsServer([
    'port' => 0,
    'max_message_bytes' => 17 << 20,
    'max_fragments' => 1 << 20,
    'inbox_bytes' => 64 << 20,
    'outbox_bytes' => 64 << 20,
    // Cases 12 and 13 offer it. Context as they allow it, and every message that becomes smaller.
    'compression' => ['threshold' => 0, 'server_context_takeover' => true, 'client_context_takeover' => true],
    // The suite holds connections open without traffic and expects no ping.
    'ping_interval' => 0,
    'idle_timeout' => 0,
]);
$server->onMessage(static function (Connection $connection, string $data, bool $binary): void {
    $connection->send($data, $binary);
});

echo $server->listen(), "\n";
$server->run();
