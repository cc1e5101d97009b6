<?php

/*
 * The server of ferry.test.js: 10,000 events to a room that keeps them, and connections cut by chance meanwhile.
 * Prints its address; ends with its standard input.
 */

declare(strict_types=1);

const EVENTS = 10_000;

$server = new Ferry\WsServer(['port' => 0, 'history' => ['rooms' => ['lobby' => ['messages' => 20_000]], 'room_bytes' => 16 << 20]]);
$sent = 0;
$server->onOpen(static fn (Ferry\Connection $connection) => $connection->join('lobby'));
$server->onMessage(static function (Ferry\Connection $connection, string $data) use ($server, &$sent): void {
    $message = json_decode($data, true);

    if ('start' === $message['type']) {
        $server->every(0.001, static function () use ($server, &$sent): void {
            for ($i = 0; $i < 20 && $sent < EVENTS; ++$i) {
                $server->room('lobby')->publish('event', ++$sent);
            }

            if ($sent < EVENTS && 0 === mt_rand(0, 9)) {
                foreach ($server->connections() as $connection) {
                    $connection->close(1012, 'cut by chance');
                }
            }
        });
    }

    if (isset($message['id'])) {
        $connection->sendJson(['type' => 'reply', 'id' => $message['id'], 'data' => $message['data'] ?? null]);
    }
});
echo $server->listen(), "\n";
stream_set_blocking(\STDIN, false);
$server->every(0.05, static fn () => '' === fgets(\STDIN) || feof(\STDIN) ? $server->stop() : null);
$server->run();
