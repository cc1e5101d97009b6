--TEST--
A callback may start fibers of its own; they may outlive it
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$waiting = [];
$server->onMessage(function ($c, $data) use (&$waiting) {
    $fiber = new Fiber(function () use ($c, $data) {
        $c->send("start $data");
        $c->send('resumed with ' . Fiber::suspend());
        throw new Exception("end $data");
    });
    $fiber->start();
    $waiting[] = $fiber;
});
$client = Ferry\WsClient::connect($server->listen());
foreach (['a', 'b'] as $text) { $client->send($text); }
var_dump($client->receive(), $client->receive());
foreach (array_reverse($waiting) as $n => $fiber) {
    try { $fiber->resume($n); } catch (Exception $e) { echo $e->getMessage(), "\n"; }
}
var_dump($client->receive(), $client->receive());
$server->onMessage(function ($c) { $f = new Fiber(function () { throw new Exception('out of a fiber'); }); $f->start(); });
$server->onError(function ($c, $e) use ($server) { echo 'onError: ', $e->getMessage(), "\n"; $server->stop(); });
$client->send('x');
$server->run();
?>
--EXPECT--
string(7) "start a"
string(7) "start b"
end b
end a
string(14) "resumed with 0"
string(14) "resumed with 1"
onError: out of a fiber
