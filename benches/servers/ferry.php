<?php

/*
 * php -d extension=PATH/libferry.so benches/servers/ferry.php [PORT]
 *
 * All options at their defaults, except what the environment asks for:
 * FERRY_BENCH_COMPRESSION  compress, with the defaults
 * FERRY_BENCH_FIBERS  callbacks run in fibers
 * FERRY_BENCH_TLS  speak TLS, with a certificate of the tests
 * FERRY_BENCH_JWT_KEY  verify HS256 tokens with this key, refuse connections without one
 * FERRY_BENCH_SLOW     messages for clients that do not read are dropped, and all outboxes together hold that many bytes
 * FERRY_BENCH_ROOM     every connection joins this room as it opens
 */

declare(strict_types=1);

use Ferry\Connection;
use Ferry\WsServer;

$options = ['port' => (int) ($argv[1] ?? 0)];
$key = getenv('FERRY_BENCH_JWT_KEY');
if (false !== $key && '' !== $key) {
    $options['jwt'] = ['algorithms' => ['HS256'], 'key' => $key];
}

if (getenv('FERRY_BENCH_COMPRESSION')) {
    $options['compression'] = true;
}
$total = (int) getenv('FERRY_BENCH_SLOW');
if ($total > 0) {
    $options += ['slow_consumer' => 'drop-oldest', 'outbox_total_bytes' => $total, 'write_timeout' => 0];
}

if (getenv('FERRY_BENCH_FIBERS')) {
    $options['fibers'] = true;
}
if (getenv('FERRY_BENCH_TLS')) {
    $files = dirname(__DIR__, 2).'/tests/fixtures/tls';
    $options['tls'] = ['cert' => "$files/local.pem", 'key' => "$files/local.key"];
}

$server = new WsServer($options);
$room = (string) getenv('FERRY_BENCH_ROOM');
if ('' !== $room) {
    $server->onOpen(static function (Connection $connection) use ($room): void {
        $connection->join($room);
    });
}
$server->onMessage(static function (Connection $connection, string $data, bool $binary) use ($server): void {
    switch ($data[0] ?? '') {
        case 'B':
            $server->broadcast($data, $binary);
            break;
        case 'S':
            usleep(200_000);
            $connection->send($data, $binary);
            break;
        default:
            $connection->send($data, $binary);
    }
});

echo $server->listen(), "\n";
$server->run();
