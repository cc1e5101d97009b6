<?php

/*
 * php -d extension=PATH/libferry.so benches/servers/awaiting.php API
 *
 * "A" asks API, whose answer takes its time, and passes the answer on; everything else is echoed. Callbacks run in fibers.
 */

declare(strict_types=1);

use Ferry\Connection;
use Ferry\HttpClient;
use Ferry\WsServer;

$client = new HttpClient(['base_uri' => $argv[1]]);
$server = new WsServer(['port' => 0, 'fibers' => true]);
$server->onMessage(static function (Connection $connection, string $data) use ($client): void {
    $connection->send('A' === $data ? $client->request('GET', '/')->body() : $data);
});

echo $server->listen(), "\n";
$server->run();
