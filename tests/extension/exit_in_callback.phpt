--TEST--
exit() in any callback: clients get 1001, the code is kept, shutdown functions and destructors run
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$where = [
    'open' => '$server->onOpen(function ($c) { if ($c->handshake()->path === "/go") exit(3); });',
    'message' => '$server->onMessage(function () { exit(3); });',
    'message, with a text' => '$server->onMessage(function () { exit("bye"); });',
    'message, plain' => '$server->onMessage(function () { exit; });',
    'close' => '$server->onClose(function () { exit(3); });',
    'timer' => '$server->onMessage(function () use ($server) { $server->after(0.001, function () { exit(3); }); });',
    'error' => '$server->onMessage(function () { throw new Exception; }); $server->onError(function () { exit(3); });',
    'handshake' => '$server->onHandshake(function ($h) { if ($h->path === "/go") exit(3); return true; });',
    'nested function' => '$server->onMessage(function () { array_map(function () { exit(3); }, [1]); });',
    'fiber' => '$server->onMessage(function () { (new Fiber(function () { exit(3); }))->start(); });',
];
foreach ($where as $name => $code) {
    echo "-- $name\n";
    $script = new Script('
        class D { function __destruct() { echo "destructor\n"; } }
        $d = new D;
        register_shutdown_function(function () { echo "shutdown function\n"; });
        $server = server();
        ' . $code . '
        echo $server->listen(), "\n";
        $server->run();
        echo "not reached\n";');
    $url = $script->line();
    $bystander = Ferry\WsClient::connect("$url/bystander");
    try {
        $client = Ferry\WsClient::connect("$url/go");
        if ($name === 'close') { $client->close(); } else { $client->send('x'); }
    } catch (Ferry\Exception\ConnectionException $e) {
        echo $name === 'handshake' || $name === 'open' ? '' : $e->getMessage() . "\n";
    }
    echo closed($bystander), "\n";
    $script->end();
}
?>
--EXPECT--
-- open
1001
shutdown function
destructor
exit 3
-- message
1001
shutdown function
destructor
exit 3
-- message, with a text
1001
byeshutdown function
destructor
exit 0
-- message, plain
1001
shutdown function
destructor
exit 0
-- close
1001
shutdown function
destructor
exit 3
-- timer
1001
shutdown function
destructor
exit 3
-- error
1001
shutdown function
destructor
exit 3
-- handshake
1001
shutdown function
destructor
exit 3
-- nested function
1001
shutdown function
destructor
exit 3
-- fiber
1001
shutdown function
destructor
exit 3
