--TEST--
A fiber destroyed while suspended inside a handler ends that poll; the server and its other events go on
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$log = [];
$server->onMessage(function ($c, $data) use (&$log) {
    $log[] = $data;
    if ($data === '1') {
        try { Fiber::suspend(); } finally { $log[] = 'finally'; }
        $log[] = 'not reached';
    }
});
$client = Ferry\WsClient::connect($server->listen());
foreach (['1', '2', '3'] as $text) { $client->send($text); }
$fiber = new Fiber(function () use ($server) { $server->run(); });
$fiber->start();
var_dump($fiber->isSuspended(), $server->isRunning());
unset($fiber);
gc_collect_cycles();
var_dump($server->isRunning());
pump($server, function () use (&$log) { return count($log) === 4; });
echo implode(', ', $log), "\n";
$client->send('4');
pump($server, function () use (&$log) { return count($log) === 5; });
$server->onMessage(function ($c) { Fiber::suspend(); });
$client->send('5');
$fiber = new Fiber(function () use ($server) { $server->run(); });
$fiber->start();
echo "the script ends inside\n";
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
1, finally, 2, 3
the script ends inside
