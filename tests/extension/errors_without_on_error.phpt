--TEST--
Without onError a throwable is logged as a warning and its connection closes with 1011; others go on
--INI--
display_errors=1
html_errors=0
log_errors=0
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$server->onMessage(function ($c, $data) {
    if ($data === 'throw') { throw new RuntimeException('from message'); }
    $c->send($data);
});
$url = $server->listen();
$good = Ferry\WsClient::connect($url);
$bad = Ferry\WsClient::connect($url);
$bad->send('throw');
echo closed($bad), "\n";
$good->send('still here');
var_dump($good->receive());
$server->after(0, function () { throw new Exception('from timer'); });
$server->poll(0.1);
$good->send('still here');
var_dump($good->receive());
?>
--EXPECTF--
Warning: Uncaught RuntimeException: from message in %s:%d
Stack trace:
#0 %a
  thrown in %s on line %d
1011
string(10) "still here"

Warning: Uncaught Exception: from timer in %s:%d
Stack trace:
#0 %a
  thrown in %s on line %d
string(10) "still here"
