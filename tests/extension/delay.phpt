--TEST--
Ferry\delay(): blocks outside of fibers and serves meanwhile, suspends inside; bad seconds are refused
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach ([-1, NAN, INF, 1e9] as $bad) { attempt(fn () => Ferry\delay($bad)); }
// Outside, with nobody to serve.
$start = hrtime(true);
Ferry\delay(0.05);
var_dump(hrtime(true) - $start >= 50_000_000);
Ferry\delay(0);
// Fibers of the script's own go on while the script blocks.
$log = [];
foreach ([0.06, 0.02, 0.04] as $n => $seconds) {
    $fibers[$n] = new Fiber(function () use ($seconds, $n, &$log) { Ferry\delay($seconds); $log[] = $n; });
    $fibers[$n]->start();
}
var_dump($log, array_map(fn ($f) => $f->isSuspended(), $fibers) === [true, true, true]);
$start = hrtime(true);
Ferry\delay(0.1);
echo implode(',', $log), "\n";
// A server that nobody polls is served.
$server = server()->onMessage(function ($c, $data) { $c->send("echo $data"); });
$client = new Script('$c = Ferry\WsClient::connect($argv[1]); $c->send("hi"); echo $c->receive(20), "\n"; ', [], null, [$server->listen()]);
$end = microtime(true) + 20;
while ($server->stats()->closed === [] && microtime(true) < $end) { Ferry\delay(0.01); }
$client->end();
// Resumed too early, a fiber waits on; thrown into, it does not.
$fiber = new Fiber(function () { $start = hrtime(true); Ferry\delay(0.05); echo hrtime(true) - $start >= 50_000_000 ? "waited\n" : "early\n"; });
$fiber->start();
$fiber->resume('too early');
Ferry\delay(0.07);
$fiber = new Fiber(function () { Ferry\delay(3600); });
$fiber->start();
try { $fiber->throw(new Exception('into the wait')); } catch (Exception $e) { echo $e->getMessage(), "\n"; }
// What a fiber throws that nobody is there to catch.
$fiber = new Fiber(function () { Ferry\delay(0); throw new Exception('to nobody'); });
$fiber->start();
Ferry\delay(0.01);
// Suspended at the end: unwound like any fiber.
$fiber = new Fiber(function () { try { Ferry\delay(3600); } finally { echo "unwound\n"; } });
$fiber->start();
echo "end\n";
?>
--EXPECTF--
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, -1 given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, NAN given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, INF given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, 1000000000 given
bool(true)
array(0) {
}
bool(true)
1,2,0
echo hi
exit 0
waited
into the wait

Warning: Uncaught Exception: to nobody in %s:%d
Stack trace:
#0 [internal function]: {closure%S}()
#1 [internal function]: Fiber->resume()
#2 %s(%d): Ferry\delay(0.01)
#3 {main}
  thrown in %s on line %d
end
unwound
