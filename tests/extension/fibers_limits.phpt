--TEST--
Option fibers: max_fibers, what waits behind a suspended handler, poll() from a fiber, run() in a fiber
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\async;
use function Ferry\delay;

foreach ([['fibers' => 1], ['fibers' => null], ['max_fibers' => 0], ['max_fibers' => 10001], ['max_fibers' => '5']] as $bad) { attempt(fn () => server($bad)); }

echo "-- max_fibers\n";
$server = server(['fibers' => true, 'max_fibers' => 2]);
$most = 0;
$server->onMessage(function ($c, $data) use ($server, &$most) { delay(0.02); $most = max($most, $server->stats()->fibers); $c->send($data); });
$url = $server->listen();
$clients = [];
for ($i = 0; $i < 7; $i++) { $clients[] = WsClient::connect($url); }
foreach ($clients as $i => $c) { $c->send("m$i"); }
foreach ($clients as $c) { echo $c->receive(20), ' '; }
$stats = $server->stats();
echo "at most $most, exhausted ", $stats->fibersExhausted > 0 ? 'yes' : 'no', ", left {$stats->fibers}, {$stats->inboxEvents} events, {$stats->inboxBytes} bytes\n";
$server->stop();

echo "-- a flood behind a suspended handler\n";
$server = server(['fibers' => true, 'inbox_bytes' => 4 << 20]);
$go = false;
$got = 0;
$last = false;
$server->onMessage(function ($c, $data) use (&$go, &$got, &$last) {
    if ($data === 'ping') { $c->send('pong'); return; }
    while (!$go) { delay(0.005); }
    $got += strlen($data);
    $last = $data === '';
});
$url = $server->listen();
$flood = new Script('$c = Ferry\WsClient::connect($argv[1]); for ($i = 0; $i < 400; $i++) { $c->send(str_repeat("x", 100_000)); } $c->send(""); echo "sent\n"; $c->receive(60);', ['memory_limit' => '256M'], null, [$url]);
pump($server, fn () => $server->stats()->inboxBytes > 64 * 1024);
$other = WsClient::connect($url);
$peak = 0;
for ($i = 0; $i < 50; $i++) {
    $other->send('ping');
    if ($other->receive(20) !== 'pong') { echo "the other client is not served\n"; }
    $peak = max($peak, $server->stats()->inboxBytes);
}
var_dump($peak < 8 << 20, $server->stats()->messagesIn < 400);
$go = true;
pump($server, function () use (&$last) { return $last; });
var_dump($got);
echo $flood->line(), "\n";
pump($server, fn () => $server->stats()->inboxBytes === 0 && $server->stats()->fibers === 0);
var_dump($server->stats()->inboxEvents);

echo "-- nested\n";
$server->onMessage(function ($c) use ($server) {
    attempt(fn () => $server->poll(0));
    delay(0.001);
    attempt(fn () => $server->poll(0));
    attempt(fn () => $server->run());
    $c->send('nested');
});
$other->send('x');
echo $other->receive(20), "\n";

echo "-- another server, served by a handler\n";
$inner = server(['fibers' => true]);
$inner->onMessage(function ($c, $d) { delay(0.01); $c->send("inner $d"); });
$innerUrl = $inner->listen();
$server->onMessage(function ($c) use ($innerUrl) { $i = WsClient::connect($innerUrl); $i->send('1'); $c->send($i->receive(20)); });
$other->send('x');
echo $other->receive(20), "\n";
$inner->stop();
$server->stop();

echo "-- run() in a fiber of the script's own\n";
$server = server(['fibers' => true]);
$server->onMessage(function ($c, $d) use ($server) { delay(0.01); $c->send("late $d"); async(function () use ($server) { delay(0.01); $server->stop(); }); });
$url = $server->listen();
$client = new Script('$c = Ferry\WsClient::connect($argv[1]); $c->send("x"); echo $c->receive(20), "\n"; echo closed($c), "\n";', [], null, [$url]);
$fiber = new Fiber(function () use ($server) { $server->run(); return 'run has returned'; });
$fiber->start();
var_dump($fiber->isTerminated());
echo $fiber->getReturn(), "\n";
$client->end();

echo "-- without the option, a handler in a loop's fiber blocks\n";
$server = server();
$server->onMessage(function ($c, $d) use ($server) { delay(0.01); $c->send("blocked $d"); $server->stop(); });
$client = new Script('$c = Ferry\WsClient::connect($argv[1]); $c->send("x"); echo $c->receive(20), "\n";', [], null, [$server->listen()]);
$fiber = new Fiber(fn () => $server->run());
$fiber->start();
var_dump($fiber->isTerminated());
$client->end();

echo "-- destructors\n";
final class Waits { public function __construct(public ?Waits $self = null) { $this->self = $this; } public static bool $done = false; public function __destruct() { delay(0.001); self::$done = true; } }
$server = server(['fibers' => true]);
$server->onMessage(function ($c) { new Waits(); gc_collect_cycles(); $c->send('collected'); });
$client = WsClient::connect($server->listen());
$client->send('x');
echo $client->receive(20), "\n";
// Since PHP 8.4 the collector does not wait for a destructor that suspends.
for ($end = microtime(true) + 20; !Waits::$done && microtime(true) < $end;) { delay(0.001); }
echo Waits::$done ? "destructor waited\n" : "destructor lost\n";

echo "-- cycles with suspended fibers\n";
gc_collect_cycles();
for ($round = 0; $round < 3; $round++) {
    for ($i = 0; $i < 100; $i++) {
        $node = new stdClass();
        $node->future = async(function () use ($node) { delay(0.001); return $node; });
    }
    unset($node);
    gc_collect_cycles();
    delay(0.02);
    gc_collect_cycles();
    $memory[] = memory_get_usage();
}
var_dump($memory[2] <= $memory[1]);
?>
--EXPECT--
Ferry\Exception\InvalidArgumentException: Option "fibers" must be a bool, 1 given.
Ferry\Exception\InvalidArgumentException: Option "fibers" must be a bool, null given.
Ferry\Exception\InvalidArgumentException: Option "max_fibers" must be an integer from 1 to 10000, 0 given.
Ferry\Exception\InvalidArgumentException: Option "max_fibers" must be an integer from 1 to 10000, 10001 given.
Ferry\Exception\InvalidArgumentException: Option "max_fibers" must be an integer from 1 to 10000, "5" given.
-- max_fibers
m0 m1 m2 m3 m4 m5 m6 at most 2, exhausted yes, left 0, 0 events, 0 bytes
-- a flood behind a suspended handler
bool(true)
bool(true)
int(40000000)
sent
int(0)
-- nested
Ferry\Exception\LogicException: The server is polling already: poll(), run() and stop() cannot be nested
Ferry\Exception\LogicException: The server is polling already: poll(), run() and stop() cannot be nested
Ferry\Exception\LogicException: The server is polling already: poll(), run() and stop() cannot be nested
nested
-- another server, served by a handler
inner 1
-- run() in a fiber of the script's own
bool(true)
run has returned
late x
1001
exit 0
-- without the option, a handler in a loop's fiber blocks
bool(true)
blocked x
exit 0
-- destructors
collected
destructor waited
-- cycles with suspended fibers
bool(true)
