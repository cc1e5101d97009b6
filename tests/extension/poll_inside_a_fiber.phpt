--TEST--
poll() inside a fiber whose handlers suspend it: everything stays usable meanwhile
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$log = [];
$server->onMessage(function ($c, $data) use (&$log) {
    $log[] = "begin $data";
    Fiber::suspend($data);
    $c->send("echo $data");
    $log[] = "end $data";
});
$client = Ferry\WsClient::connect($server->listen());
pump($server, fn () => $server->count() === 1);
$client->send('1');
$client->send('2');
$client->send('3');
$loop = new Fiber(function () use ($server, &$done) {
    while (!$done) { $server->poll(0.01); if (Fiber::suspend('idle') === 'stop') { return; } }
});
$suspended = $loop->start();
$deadline = microtime(true) + 20;
while (count($log) < 6 && microtime(true) < $deadline) {
    if ($suspended !== 'idle') {
        // The handler is suspended in the middle of a poll.
        $c = $server->connections()[0];
        $c->join('room')->set('k', 'v');
        $server->room('room')->send("meanwhile $suspended");
        attempt(fn () => $server->poll(0));
        gc_collect_cycles();
    }
    $suspended = $loop->resume();
}
echo implode(', ', $log), "\n";
foreach (range(1, 6) as $_) { echo $client->receive(), "\n"; }
$server->onMessage(function ($c, $data) { throw new Exception(Fiber::suspend('x')); });
$server->onError(function ($c, $e) { echo 'onError: ', $e->getMessage(), "\n"; });
$client->send('4');
while ($loop->resume() !== 'x') {}
$loop->resume('thrown after the suspension');
?>
--EXPECT--
Ferry\Exception\LogicException: The server is polling already: poll(), run() and stop() cannot be nested
Ferry\Exception\LogicException: The server is polling already: poll(), run() and stop() cannot be nested
Ferry\Exception\LogicException: The server is polling already: poll(), run() and stop() cannot be nested
begin 1, end 1, begin 2, end 2, begin 3, end 3
meanwhile 1
echo 1
meanwhile 2
echo 2
meanwhile 3
echo 3
onError: thrown after the suspension
