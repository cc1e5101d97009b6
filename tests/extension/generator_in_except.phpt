--TEST--
A generator for $except may use the server it is given to
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$client = Ferry\WsClient::connect($server->listen());
pump($server, fn () => $server->count() === 1);
$except = (function () use ($server) {
    $server->broadcast('first');
    try { $server->__construct(['port' => 0]); } catch (Error $e) { echo $e->getMessage(), "\n"; }
    $server->poll(0);
    yield from $server->connections();
    $server->stop();
})();
var_dump($server->broadcast('second', false, $except), $client->receive(), $client->receive(), $client->closeCode());
?>
--EXPECT--
Cannot construct an object of class Ferry\WsServer twice
int(0)
string(5) "first"
NULL
int(1001)
