<?php

/*
 * php -d extension=PATH/libferry.so benches/servers/many.php SERVERS
 *
 * That many servers in one process, each with its I/O thread. Prints their addresses, and for every line on standard input
 * how many connections have joined the room.
 */

declare(strict_types=1);

use Ferry\Connection;
use Ferry\WsServer;

$servers = [];

for ($i = 0; $i < (int) $argv[1]; ++$i) {
    $server = new WsServer(['port' => 0, 'max_connections' => 1_000_000, 'max_connections_per_ip' => 1_000_000]);
    $server->onOpen(static function (Connection $connection): void {
        $connection->join('lobby');
    });
    echo $server->listen(), "\n";
    $servers[] = $server;
}

stream_set_blocking(STDIN, false);

while (!feof(STDIN)) {
    foreach ($servers as $server) {
        $server->poll(0.005);
    }

    if (false !== fgets(STDIN)) {
        echo array_sum(array_map(static fn (WsServer $server): int => $server->room('lobby')->count(), $servers)), "\n";
    }
}
