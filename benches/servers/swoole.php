<?php

/*
 * php -d extension=PATH/swoole.so benches/servers/swoole.php PORT
 *
 * One process in base mode, without coroutines in the callbacks: the fastest configuration for an echo.
 */

declare(strict_types=1);

use Swoole\WebSocket\Frame;
use Swoole\WebSocket\Server;

$port = (int) $argv[1];
$server = new Server('127.0.0.1', $port, \SWOOLE_BASE);
$server->set([
    'worker_num' => 1,
    'enable_coroutine' => false,
    'open_tcp_nodelay' => true,
    'backlog' => 1024,
    'max_connection' => 20000,
    'package_max_length' => 2 * 1024 * 1024,
    'log_level' => \SWOOLE_LOG_WARNING,
]);
$server->on('start', static function () use ($port): void {
    echo "ws://127.0.0.1:$port\n";
});
$server->on('message', static function (Server $server, Frame $frame): void {
    switch ($frame->data[0] ?? '') {
        case 'B':
            foreach ($server->connections as $each) {
                $server->push($each, $frame->data, $frame->opcode);
            }
            break;
        case 'S':
            usleep(200_000);
            $server->push($frame->fd, $frame->data, $frame->opcode);
            break;
        default:
            $server->push($frame->fd, $frame->data, $frame->opcode);
    }
});
$server->start();
