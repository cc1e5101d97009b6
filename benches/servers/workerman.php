<?php

/*
 * WORKERMAN_AUTOLOAD=PATH/autoload.php php benches/servers/workerman.php PORT
 *
 * One worker process; Workerman picks its event loop (ext-event when it is loaded, else stream_select).
 */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;
use Workerman\Worker;

require getenv('WORKERMAN_AUTOLOAD');

$port = (int) $argv[1];
// Workerman takes its command from the arguments.
$argv = [$argv[0], 'start'];
$state = sys_get_temp_dir().'/ferry-bench-workerman-'.getmypid();
Worker::$pidFile = $state.'.pid';
Worker::$logFile = $state.'.log';
Worker::$statusFile = $state.'.status';

$worker = new Worker("websocket://127.0.0.1:$port", ['socket' => ['backlog' => 1024]]);
$worker->count = 1;
$worker->onWorkerStart = static function () use ($port): void {
    fwrite(\STDOUT, "ws://127.0.0.1:$port\n");
};
$worker->onMessage = static function (TcpConnection $connection, string $data) use ($worker): void {
    switch ($data[0] ?? '') {
        case 'B':
            foreach ($worker->connections as $each) {
                $each->send($data);
            }
            break;
        case 'S':
            usleep(200_000);
            $connection->send($data);
            break;
        default:
            $connection->send($data);
    }
};

Worker::runAll();
