--TEST--
WsServer::fiberContext(): the state of an event follows its handler through suspensions
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\async;
use function Ferry\delay;

final class Storage { public static ?string $current = null; }

$server = server(['fibers' => true]);
attempt(fn () => $server->fiberContext('no_such', fn () => null));
attempt(fn () => $server->on('leave', fn () => null));
$left = $entered = 0;
$inside = [];
$server->fiberContext(
    function () use (&$left) { ++$left; $taken = Storage::$current; Storage::$current = null; return $taken; },
    function (?string $taken) use (&$entered) { ++$entered; Storage::$current = $taken; },
);
$wrong = [];
$check = function (string $name) use (&$wrong) { if (Storage::$current !== $name) { $wrong[] = "$name has " . var_export(Storage::$current, true); } };
$server->onMessage(function ($c, $data) use ($check, &$wrong) {
    if (Storage::$current !== null) { $wrong[] = "$data begins with " . Storage::$current; }
    Storage::$current = $data;
    for ($i = 0; $i < 3; $i++) { delay(0.002); $check($data); }
    $task = async(function () use ($check, $data) { $check($data); delay(0.002); $check($data); Storage::$current = "task $data"; delay(0.002); $check("task $data"); return 1; });
    $check($data);
    $task->await();
    $check($data);
    Storage::$current = null;
    $c->send("done $data");
    if ($data === 'm0') { async(function () { delay(0.01); Storage::$current = 'left behind'; }); }
});
$url = $server->listen();
$clients = [];
for ($i = 0; $i < 10; $i++) { $clients[] = WsClient::connect($url); }
foreach ($clients as $i => $c) { $c->send("m$i"); }
foreach ($clients as $i => $c) { if ($c->receive(20) !== "done m$i") { echo "lost $i\n"; } }
pump($server, fn () => $server->stats()->fibers === 0);
delay(0.05);
var_dump($wrong, Storage::$current, $left > 50, $left > $entered);

echo "-- callbacks that throw\n";
$server->onError(function ($c, $e) { echo 'onError: ', $e->getMessage(), "\n"; });
$server->fiberContext(fn () => throw new Exception('leave'), fn () => throw new Exception('enter'));
$server->onMessage(function ($c) { delay(0.001); $c->send('still here'); });
$clients[0]->send('x');
echo $clients[0]->receive(20), "\n";
$server->fiberContext(fn () => 1, fn () => throw new Exception('enter'));
$clients[0]->send('x');
echo $clients[0]->receive(20), "\n";
?>
--EXPECT--
TypeError: Invalid value given for argument `leave`.
Ferry\Exception\InvalidArgumentException: Argument $event must be handshake, open, message, close, error or authenticate, "leave" given
array(0) {
}
NULL
bool(true)
bool(true)
-- callbacks that throw
onError: leave
still here
onError: enter
still here
