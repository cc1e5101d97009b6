--TEST--
A second server may be made, listened and polled inside a callback of the first
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$outer = server();
$outer->onMessage(function ($c) {
    $inner = server();
    $inner->onMessage(function ($i, $data) { $i->send(strrev($data)); });
    $client = Ferry\WsClient::connect($inner->listen());
    $client->send('abc');
    $c->send($client->receive());
    $second = server();
    $second->after(0.001, fn () => $second->stop());
    $second->run();
    $c->send('both ran');
});
$client = Ferry\WsClient::connect($outer->listen());
$client->send('go');
var_dump($client->receive(), $client->receive());
?>
--EXPECT--
string(3) "cba"
string(8) "both ran"
