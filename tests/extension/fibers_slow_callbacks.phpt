--TEST--
Option fibers: a callback's own time counts for slow_ms, in all its parts, and what it waits does not
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\async;
use function Ferry\delay;

$server = server(['fibers' => true, 'slow_ms' => 200]);
$own = -1.0;
$server->onMessage(function ($c, $data) use ($server, &$own) {
    match ($data) {
        'waits' => delay(0.5),
        'blocks, then waits' => [usleep(300_000), delay(0.01)],
        'in parts' => [usleep(120_000), delay(0.01), usleep(120_000), $own = $server->stats()->callbackSeconds, delay(0.01)],
        // The task's time is not the callback's that goes on after it.
        'after a task' => [async(function () { delay(0.01); usleep(300_000); }), delay(0.01)],
    };
    $c->send($data);
});
$url = $server->listen();
foreach (['waits', 'blocks, then waits', 'in parts', 'after a task'] as $text) {
    $before = $server->stats()->slowCallbacks;
    $client = WsClient::connect($url);
    $client->send($text);
    echo $client->receive(20), ': ';
    pump($server, fn () => $server->stats()->fibers === 0);
    echo $server->stats()->slowCallbacks - $before, " slow\n";
}
// Both parts so far; the clock that measures callbacks ticks every few milliseconds.
var_dump($own > 0.2);
$server->stop();
?>
--EXPECT--
waits: 0 slow
blocks, then waits: 1 slow
in parts: 1 slow
after a task: 0 slow
bool(true)
