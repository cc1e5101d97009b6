--TEST--
An error handler that turns warnings into exceptions, or an exception whose text throws, stops no event that follows
--INI--
display_errors=1
html_errors=0
log_errors=0
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
set_error_handler(function ($no, $message) { throw new ErrorException(strtok($message, "\n")); });
$server = server();
$log = [];
$server->onMessage(function ($c, $data) use (&$log) { $log[] = $data; if ($data === '1') { throw new E('one'); } });
class E extends Exception { function __toString(): string { throw new Exception('text'); } }
$server->onClose(function ($c, $code) use (&$log) { $log[] = "close $code"; });
$url = $server->listen();
$client = Ferry\WsClient::connect($url);
$other = Ferry\WsClient::connect($url);
$client->send('1');
$other->send('2');
$other->send('3');
echo closed($client), "\n";
pump($server, function () use (&$log) { return count($log) === 4; });
sort($log);
echo implode("\n", $log), "\n";
?>
--EXPECTF--
Warning: Uncaught Exception in exception handling during call to E::__toString() in %s on line %d

Warning: Uncaught %a
1011
1
2
3
close 1011
