--TEST--
Cycles through attributes and own properties of connections go when the connection has closed
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
class Probe { public static int $live = 0; public $peer; function __construct() { ++self::$live; } function __destruct() { --self::$live; } }
$server = server();
$server->onOpen(function ($c) {
    $probe = new Probe;
    $probe->peer = $c;
    $c->set('probe', $probe);
    $c->probe = new Probe;
    $c->probe->peer = $c;
});
$url = $server->listen();
foreach (range(1, 30) as $_) {
    $client = Ferry\WsClient::connect($url);
    pump($server, fn () => $server->count() === 1);
    gc_collect_cycles();
    if (Probe::$live !== 2) { echo "collected too early: ", Probe::$live, "\n"; }
    $client->close();
    pump($server, fn () => $server->count() === 0);
    gc_collect_cycles();
}
var_dump(Probe::$live);
?>
--EXPECT--
int(0)
