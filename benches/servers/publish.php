<?php

/*
 * php -d extension=PATH/libferry.so benches/servers/publish.php SOCKET SECRET [POLICY]
 *
 * Every connection but those of /alone joins "room". "B N DATA" publishes N events to it and answers, "S" sleeps 200 ms and answers.
 */

declare(strict_types=1);

use Ferry\Connection;
use Ferry\WsServer;

[, $socket, $secret, $policy] = $argv + [3 => 'disconnect'];
$server = new WsServer(['port' => 0, 'slow_consumer' => $policy, 'control' => ['listen' => 'unix://'.$socket, 'secret' => $secret, 'max_rate' => 0]]);
$server->onOpen(static function (Connection $connection): void {
    if ('/alone' !== $connection->handshake()->path) {
        $connection->join('room');
    }
    $connection->send('open');
});
$server->onMessage(static function (Connection $connection, string $data) use ($server): void {
    if ('S' === $data) {
        usleep(200_000);
        $connection->send('S');

        return;
    }
    [, $number, $payload] = explode(' ', $data, 3);
    $room = $server->room('room');
    while ($number-- > 0) {
        $room->publish('e', $payload);
    }
    $connection->send('B');
});

echo $server->listen(), "\n";
$server->run();
