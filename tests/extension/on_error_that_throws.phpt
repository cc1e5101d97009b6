--TEST--
An onError that throws: both are logged, the connection closes with 1011
--INI--
display_errors=1
html_errors=0
log_errors=0
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$server->onMessage(function () { throw new Exception('first'); });
$server->onError(function () { throw new Exception('second'); });
$client = Ferry\WsClient::connect($server->listen());
$client->send('x');
echo closed($client), "\n";
?>
--EXPECTF--
Warning: Uncaught Exception: first in %s:%d
Stack trace:
#0 %a
  thrown in %s on line %d

Warning: Uncaught Exception: second in %s:%d
Stack trace:
#0 %a
  thrown in %s on line %d
1011
