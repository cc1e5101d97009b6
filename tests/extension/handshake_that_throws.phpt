--TEST--
A throwable in onHandshake refuses with 500 and goes to onError without a connection
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$server->onHandshake(function ($h) { if ($h->path === '/bad') { throw new Exception('no'); } return true; });
$server->onError(function ($c, $e) { var_dump($c, $e->getMessage()); });
$url = $server->listen();
var_dump(status("$url/bad"), status("$url/good"));
$server->stop();
?>
--EXPECT--
NULL
string(2) "no"
int(500)
int(101)
