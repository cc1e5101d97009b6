--TEST--
Option fibers: handlers that wait let others go on; events of one connection stay in order
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\delay;

$server = server(['fibers' => true, 'close_timeout' => 0.1]);
$log = [];
$server->onOpen(function ($c) use (&$log) { delay(0.02); $c->set('open', true); });
$server->onMessage(function ($c, $data) use (&$log) {
    if (!$c->get('open')) { $log[] = 'a message before the open has ended'; }
    $log[] = "begin $data";
    if ($data === 'slow 1') { while (!in_array('end b1', $log, true)) { delay(0.005); } }
    if ($data === 'slow 3') { delay(0.05); }
    $c->send("done $data");
    $log[] = "end $data";
});
$server->onClose(function ($c) use (&$log) { delay(0.01); $log[] = 'closed'; });
$url = $server->listen();
$a = WsClient::connect($url);
$b = WsClient::connect($url);
foreach (['slow 1', 'a2', 'slow 3', 'a4'] as $m) { $a->send($m); }
$b->send('b1');
echo $b->receive(), "\n";
for ($i = 0; $i < 4; $i++) { echo $a->receive(), "\n"; }
var_dump(array_search('end b1', $log) < array_search('end slow 1', $log));
echo implode(', ', array_values(array_filter($log, fn ($l) => !str_contains($l, 'b1')))), "\n";

echo "-- 200 at once\n";
$go = false;
$server->onMessage(function ($c) use (&$go) { while (!$go) { delay(0.01); } $c->send('woken'); });
$clients = [];
for ($i = 0; $i < 200; $i++) { $clients[] = WsClient::connect($url); }
pump($server, fn () => $server->count() === 202 && $server->stats()->fibers === 0);
foreach ($clients as $c) { $c->send('go'); }
pump($server, fn () => $server->stats()->fibers === 200);
$go = true;
foreach ($clients as $c) { if ($c->receive(20) !== 'woken') { echo "lost\n"; } }
pump($server, fn () => $server->stats()->fibers === 0);
var_dump($server->stats()->fibersExhausted);

echo "-- a client that goes away\n";
$log = [];
$server->onMessage(function ($c) use (&$log) {
    while ($c->isOpen()) { delay(0.005); }
    $log[] = 'send: ' . $c->send('x')->name;
});
$b->send('bye');
$b->close();
pump($server, function () use (&$log) { return count($log) === 2; });
echo implode(', ', $log), "\n";

echo "-- handshake\n";
$server->onHandshake(function ($h) { delay(0.01); return $h->query['ok'] === '1' ? new Ferry\Identity('u') : 403; });
var_dump(status("$url/?ok=0"), status("$url/?ok=1"));

echo "-- failures\n";
$failures = 0;
$server->onError(function ($c, $e) use (&$failures) { ++$failures; echo get_class($e), ': ', $e->getMessage(), ' ', $c ? 'with' : 'without', " connection\n"; });
$server->onMessage(function ($c, $data) {
    if ($data === 'throw') { delay(0.001); throw new DomainException('after a wait'); }
    if ($data === 'raw') { Fiber::suspend(); }
    if ($data === 'task') { Ferry\async(function () { delay(0); throw new DomainException('in a task'); }); }
    $c->send("ok $data");
});
$a->send('throw');
$a->send('raw');
$a->send('task');
$a->send('last');
// The task fails after what started it has answered.
pump($server, function () use (&$failures) { return $failures === 3; });
foreach (range(1, 2) as $_) { echo $a->receive(), "\n"; }

echo "-- timers\n";
$ticks = 0;
$timer = $server->every(0.001, function () use (&$ticks) { delay(0.001); ++$ticks; });
pump($server, function () use (&$ticks) { return $ticks > 3; });
$timer->cancel();
$server->stop();
var_dump($server->isRunning(), $server->stats()->fibers);
?>
--EXPECTF--
done b1
done slow 1
done a2
done slow 3
done a4
bool(true)
begin slow 1, end slow 1, begin a2, end a2, begin slow 3, end slow 3, begin a4, end a4
-- 200 at once
int(0)
-- a client that goes away
send: Closed, closed
-- handshake
int(403)
int(101)
-- failures
DomainException: after a wait with connection
Ferry\Exception\LogicException: The fiber was suspended by Fiber::suspend(), and nobody has it to resume it with connection
DomainException: in a task without connection
ok task
ok last
-- timers
bool(false)
int(0)
