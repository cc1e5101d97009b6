--TEST--
What a destructor throws when a callback's answer or arguments go is reported, and the next event is delivered
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\async;
use function Ferry\delay;

final class Thrower
{
    public function __construct(private string $name) {}
    public function __destruct() { throw new DomainException("destructor of $this->name"); }
}

foreach ([false, true] as $fibers) {
    echo $fibers ? "-- in fibers\n" : "-- called directly\n";
    $server = server(['fibers' => $fibers]);
    $server->onError(function ($c, $e) { echo 'onError: ', $e->getMessage(), $c ? ' with' : ' without', " a connection\n"; });
    $server->onHandshake(function ($h) { return $h->query['as'] === 'nobody' ? new Thrower('the handshake\'s answer') : null; });
    $server->onOpen(function ($c) { $c->set('kept', new Thrower('what was kept with the connection')); return new Thrower('the open\'s answer'); });
    $server->onMessage(function ($c, $data) use ($fibers, $server) {
        if ($data === '4') { $server->after(0, function () use ($c) { $c->send('got 4'); return new Thrower('the timer\'s answer'); }); return; }
        if ($data === '2' && $fibers) { delay(0.001); }
        $c->send("got $data");
        return $data === '3' ? null : new Thrower("the answer to $data");
    });
    $closed = 0;
    $server->onClose(function () use (&$closed) { ++$closed; });
    $url = $server->listen();
    var_dump(status("$url/?as=nobody"));
    $a = WsClient::connect("$url/?as=a");
    $b = WsClient::connect("$url/?as=b");
    pump($server, fn () => $server->count() === 2);
    foreach (['1', '2', '3', '4'] as $data) { $a->send($data); echo $a->receive(20), "\n"; }
    $a->close();
    pump($server, function () use (&$closed) { return $closed === 1; });
    $b->send('3');
    echo $b->receive(20), "\n";
    // One that ends run() would leave it to the script.
    $server->onMessage(function ($c, $data) use ($server) { if ($data === 'stop') { $server->stop(1000, 'asked', 0.1); } return new Thrower("the answer to $data"); });
    foreach (['go', 'stop'] as $data) { $b->send($data); }
    $server->run();
    echo "run() has returned, $closed closed\n";
}

echo "-- onError leaves such a value, too\n";
$server = server();
$server->onError(function ($c, $e) { echo 'onError: ', $e->getMessage(), "\n"; return new Thrower('onError\'s answer'); });
$server->onMessage(function ($c, $data) { $c->send($data); return new Thrower("the answer to $data"); });
$url = $server->listen();
$client = WsClient::connect($url);
foreach (['1', '2'] as $data) { $client->send($data); echo $client->receive(20), "\n"; }
$server->stop(grace: 0.1);

echo "-- without onError\n";
$server = server(['fibers' => true]);
$server->onMessage(function ($c, $data) { $c->send($data); return $data === 'x' ? new Thrower('the answer') : null; });
$client = WsClient::connect($server->listen());
foreach (['x', 'the connection stays'] as $data) { $client->send($data); echo $client->receive(20), "\n"; }
$server->stop(grace: 0.1);

echo "-- a task\n";
$server = server(['fibers' => true]);
$server->onError(function ($c, $e) { echo 'onError: ', $e->getMessage(), "\n"; });
$server->onMessage(function ($c, $data) {
    async(function (Thrower $argument) use ($c, $data) { delay(0.001); $c->send($data); }, new Thrower('a task\'s argument'));
});
$client = WsClient::connect($server->listen());
foreach (['1', '2'] as $data) { $client->send($data); echo $client->receive(20), "\n"; }
$server->stop(grace: 0.1);

foreach ([false, true] as $fibers) {
    echo '-- exit in a destructor', $fibers ? ', in fibers' : '', "\n";
    $script = new Script('$fibers = ' . var_export($fibers, true) . ';' . <<<'PHP'

        final class Leaver { public function __destruct() { exit(7); } }
        $server = server(['fibers' => $fibers]);
        $server->onMessage(function ($c, $data) { echo "$data\n"; return new Leaver(); });
        echo $server->listen(), "\n";
        $server->run();
        echo "not reached\n";
        PHP);
    $client = WsClient::connect($script->line());
    foreach (['1', '2'] as $data) { $client->send($data); }
    echo closed($client), "\n";
    $script->end();
}
?>
--EXPECTF--
-- called directly
onError: destructor of the handshake's answer without a connection
int(500)
onError: destructor of the open's answer without a connection
onError: destructor of the open's answer without a connection
onError: destructor of the answer to 1 without a connection
got 1
onError: destructor of the answer to 2 without a connection
got 2
got 3
onError: destructor of the timer's answer without a connection
got 4
onError: destructor of what was kept with the connection without a connection
got 3
onError: destructor of the answer to go without a connection
onError: destructor of the answer to stop without a connection
onError: destructor of what was kept with the connection without a connection
run() has returned, 2 closed
-- in fibers
onError: destructor of the handshake's answer without a connection
int(500)
onError: destructor of the open's answer without a connection
onError: destructor of the open's answer without a connection
onError: destructor of the answer to 1 without a connection
got 1
onError: destructor of the answer to 2 without a connection
got 2
got 3
onError: destructor of the timer's answer without a connection
got 4
onError: destructor of what was kept with the connection without a connection
got 3
onError: destructor of the answer to go without a connection
onError: destructor of the answer to stop without a connection
onError: destructor of what was kept with the connection without a connection
run() has returned, 2 closed
-- onError leaves such a value, too
onError: destructor of the answer to 1

Warning: Uncaught DomainException: destructor of onError's answer in %s:%d
Stack trace:
#0 [internal function]: Thrower->__destruct()
#1 %s(%d): Ferry\WsClient->receive(%S)
#2 {main}
  thrown in %s on line %d
1
onError: destructor of the answer to 2

Warning: Uncaught DomainException: destructor of onError's answer in %s:%d
Stack trace:
#0 [internal function]: Thrower->__destruct()
#1 %s(%d): Ferry\WsClient->receive(%S)
#2 {main}
  thrown in %s on line %d
2
-- without onError

Warning: Uncaught DomainException: destructor of the answer in %s:%d
Stack trace:
#0 [internal function]: Thrower->__destruct()
#1 [internal function]: Ferry\{fiber}()
#2 [internal function]: Fiber->resume()
#3 %s(%d): Ferry\WsClient->receive(%S)
#4 {main}
  thrown in %s on line %d
x
the connection stays
-- a task
onError: destructor of a task's argument
1
onError: destructor of a task's argument
2
-- exit in a destructor
1001
1
exit 7
-- exit in a destructor, in fibers
1001
1
exit 7
