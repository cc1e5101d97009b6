<?php

declare(strict_types=1);

// Serves a control endpoint; the handler joins "lobby" and, asked to, publishes to it or blocks PHP. Arguments: address of the endpoint, secret,
// further options as JSON.

use Ferry\Connection;
use Ferry\Identity;
use Ferry\WsServer;

[, $listen, $secret, $more] = $argv + [3 => '{}'];
$more = json_decode($more, true);
$control = ['listen' => $listen, 'secret' => $secret] + ($more['control'] ?? []);
$server = new WsServer(['port' => 0, 'control' => $control] + $more);
$server->onHandshake(static fn ($handshake) => '/' === $handshake->path ? true : new Identity(substr($handshake->path, 1)));
$server->onOpen(static function (Connection $connection): void {
    $connection->join('lobby')->send($connection->id);
});
$server->onMessage(static function (Connection $connection, string $data) use ($server): void {
    if ('publish' === $data) {
        $server->room('lobby')->publish('said', 'by the handler');
    }

    if ('block' === $data) {
        $connection->send('blocking');
        sleep(60);
    }
});
$address = $server->listen();
echo 'started ', $address, ' ', $server->controlAddress(), "\n";
$server->run();
