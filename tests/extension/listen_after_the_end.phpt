--TEST--
A shutdown function may use the server again after exit() or a fatal error in a callback
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach (['exit(3)', '@trigger_error("mine", E_USER_ERROR)'] as $how) {
    $script = new Script('
        $server = server();
        register_shutdown_function(function () use ($server) {
            var_dump($server->isRunning(), $server->count(), $server->broadcast("x"), $server->connections());
            attempt(fn () => $server->poll(0));
            $server->onMessage(fn ($c, $data) => $c->send("again $data"));
            $client = Ferry\WsClient::connect($server->listen());
            $client->send("hello");
            var_dump($client->receive(), $server->count(), count($server->connections()));
            $server->stop();
            echo closed($client), "\n";
        });
        $server->onMessage(function ($c) { ' . $how . '; });
        echo $server->listen(), "\n";
        $server->run();');
    $client = Ferry\WsClient::connect($script->line());
    // The events after the first one are left over.
    foreach (range(1, 20) as $i) { $client->send("$i"); }
    echo closed($client), "\n";
    $script->end();
}
?>
--EXPECTF--
1001
bool(false)
int(0)
int(0)
array(0) {
}
Ferry\Exception\LogicException: The server does not listen: call listen() first
string(11) "again hello"
int(1)
int(1)
1001
exit 3
1011

Fatal error: mine in script on line %d
bool(false)
int(0)
int(0)
array(0) {
}
Ferry\Exception\LogicException: The server does not listen: call listen() first
string(11) "again hello"
int(1)
int(1)
1001
exit 255
