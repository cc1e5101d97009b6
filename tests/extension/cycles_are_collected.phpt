--TEST--
Servers that their callbacks capture are collected: memory, descriptors and threads stay flat
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
function make(bool $listen): void
{
    $server = server();
    $server->onOpen(function ($c) use ($server) { $c->set('server', $server)->set('self', $c); $c->dynamic = [$c, $server]; });
    $server->onMessage(fn () => $server);
    $server->every(100, fn () => $server);
    $claims = new ArrayObject();
    $identity = new Ferry\Identity('ann', [], ['all' => $claims]);
    $claims[] = $identity;
    $server->onHandshake(fn () => $identity);
    if ($listen) {
        $client = Ferry\WsClient::connect($server->listen());
        pump($server, fn () => $server->count() === 1);
        $server->connections()[0]->identity();
    }
}
$measure = function (int $times, bool $listen) {
    foreach (range(1, $times) as $_) { make($listen); }
    gc_collect_cycles();
    return [memory_get_usage(), threads(), descriptors()];
};
// The first round leaves the tables of the engine at the size they need between two collections.
$measure(2000, false);
[$memory, $threads, $descriptors] = $measure(2000, false);
[$memory2, $threads2, $descriptors2] = $measure(2000, false);
var_dump($memory2 - $memory < 20_000, $threads2 - $threads, $descriptors2 - $descriptors);
$measure(5, true);
[$memory, $threads, $descriptors] = $measure(20, true);
[$memory2, $threads2, $descriptors2] = $measure(150, true);
var_dump($memory2 - $memory < 20_000, $threads2 - $threads, $descriptors2 - $descriptors);
make(false);
var_dump(gc_collect_cycles() > 0, gc_collect_cycles());
?>
--EXPECT--
bool(true)
int(0)
int(0)
bool(true)
int(0)
int(0)
bool(true)
int(0)
