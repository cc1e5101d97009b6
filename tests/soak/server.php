<?php

/**
 * The server of the soak tests: sends messages back, keeps state per connection the way applications do, and tells
 * its own memory. Prints its address as the first line.
 *
 * Paths: /cycle keeps reference cycles through the connection; /refuse is refused by onHandshake; /throw throws in
 * onMessage. Messages: '!stats' answers with the memory in use, '!room NAME' joins, sends to and leaves a room,
 * '!broadcast' goes to everybody, '!each' sends 16 KiB to every other client.
 * The first argument is more options, as JSON.
 */

use Ferry\Connection;
use Ferry\Handshake;
use Ferry\WsServer;

function memory(WsServer $server): string
{
    gc_collect_cycles();
    preg_match('/^VmRSS:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $resident);

    return json_encode([
        'heap' => memory_get_usage(),
        'resident' => 1024 * (int) $resident[1],
        'connections' => $server->count(),
        'limited' => (object) $server->stats()->limited,
    ]);
}

function command(WsServer $server, Connection $connection, string $name, string $argument): void
{
    switch ($name) {
        case 'stats':
            $connection->send(memory($server));
            break;
        case 'room':
            $connection->join($argument);
            $server->room($argument)->send($argument);
            $connection->leave($argument);
            break;
        case 'each':
            // Not a broadcast: every client has a copy of its own.
            foreach ($server->connections() as $other) {
                if ($other !== $connection) {
                    $other->send(str_repeat('x', 16384));
                }
            }
            $connection->send('done');
            break;
        case 'broadcast':
            $server->broadcast('to everybody');
            break;
    }
}

$server = new WsServer(json_decode($argv[1] ?? '{}', true) + [
    'port' => 0,
    'backlog' => 4096,
    'max_message_bytes' => 1 << 20,
    'outbox_bytes' => 16 << 20,
    'ping_interval' => 0,
    'idle_timeout' => 0,
]);
$server->onHandshake(static fn (Handshake $handshake): bool => '/refuse' !== $handshake->path);
$server->onOpen(static function (Connection $connection): void {
    if ('/cycle' === $connection->handshake()->path) {
        $connection->self = $connection;
        $connection->set('closure', static fn (): Connection => $connection);
    }
});
$server->onMessage(static function (Connection $connection, string $data, bool $binary) use ($server): void {
    if ('/throw' === $connection->handshake()->path) {
        throw new DomainException('on purpose');
    }
    if (str_starts_with($data, '!')) {
        [$name, $argument] = explode(' ', substr($data, 1), 2) + [1 => ''];
        command($server, $connection, $name, $argument);
    } else {
        $connection->send($data, $binary);
    }
});
$server->onClose(static function (Connection $connection, int $code, string $reason): void {
    // An application's last send to a client that has gone.
    $connection->send('gone');
});
$server->onError(static function (?Connection $connection, Throwable $error): void {
    $connection?->close(1011, 'error');
});

echo $server->listen(), "\n";
$server->run();

// At its end PHP leaves the memory of objects in cycles to the system: without them, whatever valgrind misses is lost.
unset($server);
gc_collect_cycles();
