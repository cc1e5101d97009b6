--TEST--
SIGINT and SIGTERM end run() cleanly: clients get 1001, code after run() executes, the old handlers are back
--SKIPIF--
<?php if (!extension_loaded('posix') || !extension_loaded('pcntl')) die('skip needs posix and pcntl'); ?>
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach ([SIGINT, SIGTERM] as $signal) {
    $script = new Script('
        $server = server();
        $server->onMessage(function ($c, $data) { $c->send("late: $data"); });
        $server->onClose(function ($c, $code) { echo "onClose $code\n"; });
        echo $server->listen(), "\n";
        $server->run();
        var_dump($server->isRunning(), $server->count());
        echo "after run\n";
        posix_kill(posix_getpid(), ' . $signal . ');
        sleep(5);
        echo "not reached\n";');
    $client = Ferry\WsClient::connect($script->line());
    $client->send('x');
    var_dump($client->receive());
    $script->signal($signal);
    echo closed($client), "\n";
    $script->end();
}
?>
--EXPECT--
string(7) "late: x"
1001
onClose 1001
bool(false)
int(0)
after run
signal 2
string(7) "late: x"
1001
onClose 1001
bool(false)
int(0)
after run
signal 15
