--TEST--
stats() counts what happened
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['path' => '/ws', 'slow_ms' => 20]);
var_dump(array_filter($server->stats()->toArray()));
$server->onMessage(function ($c, $data) use ($server) {
    // The clock that measures callbacks ticks every few milliseconds.
    if ($data === 'slow') { usleep(30_000); echo $server->stats()->callbackSeconds >= 0.02 ? 'running' : 'not running', "\n"; }
    $c->ping(); // no message
    $c->send('12345');
});
$url = $server->listen();
echo status("$url/other"), status("$url/ws"), "\n";
$client = Ferry\WsClient::connect("$url/ws");
foreach (['a', 'slow', 'bc'] as $text) { $client->send($text); $client->receive(); }
// The I/O thread counts after it has written.
pump($server, fn () => $server->count() === 1 && $server->stats()->messagesOut === 3);
$stats = $server->stats();
echo json_encode([$stats->connections, $stats->connectionsTotal, $stats->refused, array_sum($stats->closed), $stats->messagesIn, $stats->messagesOut, $stats->inboxEvents, $stats->outboxBytes, $stats->dropped, $stats->slowCallbacks, $stats->callbackSeconds]), "\n";
var_dump($stats->bytesIn, $stats->bytesOut, $stats->uptime > 0.03, $stats->toArray()['messagesIn'], count($stats->toArray()) === count(get_object_vars($stats)));
$client->close(4321);
pump($server, fn () => $server->count() === 0);
echo json_encode($server->stats()->closed), "\n";
$server->stop();
var_dump($server->stats()->messagesIn, $server->stats()->redis);

$alone = server(['redis' => ['dsn' => 'redis://:secret@/nowhere/redis.sock', 'queue_bytes' => 0]]);
$alone->listen();
try { $alone->room('room')->publish('event', 1); } catch (Ferry\Exception\RuntimeException $e) { echo $e->getMessage(), "\n"; }
echo json_encode($alone->stats()->redis), "\n";
$alone->stop();
?>
--EXPECTF--
array(0) {
}
404101
running
[1,2,{"path":1},1,3,3,0,0,0,1,0]
int(%d)
int(27)
bool(true)
int(3)
bool(true)
{%s"4321":1%S}
int(3)
array(0) {
}
%ARedis is away, and redis.queue_bytes (0) of messages wait for it.
%A{"address":"redis:\/\/\/nowhere\/redis.sock","connected":false,"connects":0,"failed":0,"gaps":0,"notTaken":1,"queueBytes":0,"recovered":0,"refused":[],"requests":0}%A
