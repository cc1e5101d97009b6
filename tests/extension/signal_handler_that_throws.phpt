--TEST--
An exception in a signal handler ends run() and reaches its caller; the server goes on when polled again
--SKIPIF--
<?php if (!extension_loaded('posix') || !extension_loaded('pcntl')) die('skip needs posix and pcntl'); ?>
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach ([true, false] as $async) {
    pcntl_async_signals($async);
    pcntl_signal(SIGUSR1, function () { throw new RuntimeException('from the signal handler'); });
    $server = server();
    $server->onMessage(function ($c, $data) { $c->send($data); });
    $client = Ferry\WsClient::connect($server->listen());
    // From outside, so that it arrives while run() waits and not inside a callback.
    $server->after(0.001, function () { $GLOBALS['kill'] = proc_open(['sh', '-c', 'sleep 0.2; kill -USR1 ' . getmypid()], [], $pipes); });
    try {
        $server->run();
    } catch (RuntimeException $e) {
        echo $e->getMessage(), ' ', $server->isRunning() ? 'running' : 'not running', "\n";
    }
    $client->send('again');
    var_dump($client->receive());
    $server->stop();
}
?>
--EXPECT--
from the signal handler running
string(5) "again"
from the signal handler running
string(5) "again"
