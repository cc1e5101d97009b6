--TEST--
Events of a connection come in order: open, messages, close exactly once
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$log = [];
$server->onOpen(function ($c) use (&$log) { $log[$c->id][] = 'open'; });
$server->onMessage(function ($c, string $data, bool $binary) use (&$log) { $log[$c->id][] = $data . ($binary ? ' binary' : ''); });
$server->onClose(function ($c, int $code, string $reason) use (&$log) { $log[$c->id][] = trim("close $code $reason"); });
$url = $server->listen();
$clients = [];
foreach (range(0, 19) as $n) {
    $clients[$n] = Ferry\WsClient::connect($url);
}
foreach (range(1, 20) as $i) {
    foreach ($clients as $client) {
        $client->send("$i", $i % 7 === 0);
    }
}
foreach ($clients as $n => $client) {
    $client->close(3000 + $n, "bye $n");
}
pump($server, fn () => $server->count() === 0);
$server->stop();
$wanted = ['open'];
foreach (range(1, 20) as $i) {
    $wanted[] = $i % 7 === 0 ? "$i binary" : "$i";
}
$closes = [];
foreach ($log as $events) {
    $closes[] = array_pop($events);
    if ($events !== $wanted) {
        echo 'wrong order: ', implode(', ', $events), "\n";
    }
}
sort($closes);
echo count($log), ' connections, ', $closes[0], ' to ', end($closes), "\n";
?>
--EXPECT--
20 connections, close 3000 bye 0 to close 3019 bye 19
