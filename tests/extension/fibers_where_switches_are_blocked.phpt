--TEST--
Option fibers: run() and poll() in a destructor that the collector calls, where PHP before 8.4 lets no fiber be changed
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\delay;

/** Garbage that runs a closure when it is collected. */
final class Cycle
{
    private self $self;
    public function __construct(private Closure $closure) { $this->self = $this; }
    public function __destruct() { ($this->closure)(); }
}
function collect(Closure $closure): void { new Cycle($closure); gc_collect_cycles(); }

echo "-- run()\n";
$server = server(['fibers' => true]);
$server->onMessage(function ($c, $data) use ($server) { delay(0.001); echo "got $data\n"; if ($data === 'stop') { $server->stop(1000, 'asked', 1); } });
$client = WsClient::connect($server->listen());
foreach (['1', '2', 'stop'] as $data) { $client->send($data); }
collect(function () use ($server) { $server->run(); echo "run() has returned\n"; });
var_dump($server->isRunning());

foreach ([1000, 1] as $most) {
    echo "-- poll() while a handler of before is suspended, max_fibers $most\n";
    $server = server(['fibers' => true, 'max_fibers' => $most]);
    $go = false;
    $log = [];
    $server->onMessage(function ($c, $data) use (&$go, &$log) { while ($data === 'wait' && !$go) { delay(0.005); } $log[] = $data; $c->send("done $data"); });
    $url = $server->listen();
    $a = WsClient::connect($url);
    $b = WsClient::connect($url);
    pump($server, fn () => $server->count() === 2);
    $a->send('wait');
    pump($server, fn () => $server->stats()->fibers === 1);
    $a->send('behind');
    $b->send('other');
    if ($most === 1 && PHP_VERSION_ID >= 80400) { $go = true; }
    collect(function () use ($server, &$log) { pump($server, function () use (&$log) { return in_array('other', $log, true); }); echo "served\n"; });
    $go = true;
    echo $b->receive(20), "\n", $a->receive(20), "\n", $a->receive(20), "\n";
    $server->stop(grace: 1);
}
?>
--EXPECTF--
-- run()
got 1
got 2
got stop
run() has returned
bool(false)
-- poll() while a handler of before is suspended, max_fibers 1000
served
done other
done wait
done behind
-- poll() while a handler of before is suspended, max_fibers 1
served
done other
done wait
done behind
