--TEST--
Handlers that the script installed are called within one poll and keep their own meaning
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach (['async' => true, 'not async' => false] as $name => $async) {
    echo "-- $name\n";
    $script = new Script('
        pcntl_async_signals(' . var_export($async, true) . ');
        $server = server();
        foreach ([SIGINT, SIGTERM, SIGHUP, SIGUSR1] as $signal) {
            pcntl_signal($signal, function ($n) use ($server) {
                echo "signal $n\n";
                if ($n === SIGUSR1) { $server->stop(1012, "restart"); }
            });
        }
        $server->onMessage(function ($c, $data) { $c->send($data); });
        echo $server->listen(), "\n";
        $server->run();
        echo "after run\n";');
    $client = Ferry\WsClient::connect($script->line());
    foreach ([SIGINT, SIGTERM, SIGTERM, SIGHUP] as $signal) {
        // The PHP thread waits for events when it comes.
        usleep(20_000);
        $start = microtime(true);
        $script->signal($signal);
        echo $script->line(), microtime(true) - $start < 5 ? '' : ' late', "\n";
    }
    $client->send('still here');
    var_dump($client->receive());
    $script->signal(SIGUSR1);
    echo closed($client), "\n";
    $script->end();
}
?>
--EXPECTF--
-- async
signal 2
signal 15
signal 15
signal 1
string(10) "still here"
1012 restart
signal 10
after run
exit 0
-- not async
signal 2
signal 15
signal 15
signal 1
string(10) "still here"
1012 restart
signal 10
after run
exit 0
