--TEST--
Option fibers: handlers that are unwound, at the end of the grace or with the server, may throw, return and wait in finally
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\async;
use function Ferry\delay;

/** @param list<string> $log */
function show(array $log): void { sort($log); echo implode("\n", $log), "\n"; }

foreach (['throw', 'return', 'wait'] as $does) {
    echo "-- $does\n";
    $server = server(['fibers' => true]);
    $log = [];
    $begun = 0;
    $server->onMessage(function ($c, $data) use (&$log, &$begun, $does) {
        ++$begun;
        try { delay(3600); } finally {
            $log[] = "finally $data";
            if ($does === 'throw') { throw new DomainException("thrown by $data"); }
            if ($does === 'return') { return; }
            delay(0.001);
            $log[] = 'not reached';
        }
    });
    $server->onClose(function ($c) use (&$log) { $log[] = 'closed'; });
    $server->onError(function ($c, $e) use (&$log) { $log[] = 'onError: ' . get_class($e) . ': ' . $e->getMessage() . ($c ? ' with' : ' without') . ' a connection'; });
    $url = $server->listen();
    $clients = [];
    // The closes come behind the suspended handlers; whoever is being unwound must not handle them.
    foreach (['a', 'b', 'c'] as $name) { $clients[] = $c = WsClient::connect($url); $c->send("{$name}1"); $c->send("{$name}2"); }
    pump($server, function () use ($server, &$begun) { return $begun === 3 && $server->stats()->inboxEvents === 3; });
    $server->stop(grace: 0.1);
    show($log);
    var_dump($server->isRunning(), $server->stats()->fibers, $begun);
    unset($clients, $c);
}

echo "-- a task, a timer, a callback that is suspended in between\n";
$server = server(['fibers' => true]);
$log = [];
$server->onError(function ($c, $e) use (&$log) { $log[] = 'onError: ' . $e->getMessage(); });
$ends = function (string $name) { try { delay(3600); } finally { throw new DomainException($name); } };
$server->onMessage(function ($c) use ($ends, &$log) {
    async($ends, 'a task');
    async(function () { try { delay(3600); } finally { return 1; } });
    $awaited = async($ends, 'an awaited task');
    try { $awaited->await(); } finally { $log[] = 'the handler'; }
});
$server->after(0, fn () => $ends('a timer'));
$client = WsClient::connect($server->listen());
$client->send('x');
pump($server, fn () => $server->stats()->fibers === 2);
$server->stop(grace: 0.05);
show($log);

echo "-- more closes than fibers\n";
$server = server(['fibers' => true, 'max_fibers' => 2]);
$begun = $ended = 0;
$server->onClose(function () use (&$begun, &$ended) { ++$begun; try { delay(3600); } finally { ++$ended; } });
$url = $server->listen();
$clients = [];
for ($i = 0; $i < 9; $i++) { $clients[] = WsClient::connect($url); }
pump($server, fn () => $server->count() === 9);
$server->stop(grace: 0.1);
var_dump($begun, $ended, $server->isRunning());

/** The server object goes with three suspended handlers. */
function scene(string $how, ?Closure $onError): string
{
    $server = server(['fibers' => true]);
    $begun = 0;
    $server->onMessage(static function ($c, $data) use (&$begun) {
        ++$begun;
        try { delay(3600); } finally { echo "finally\n"; throw new DomainException('thrown'); }
    });
    if ($onError) { $server->onError($onError); }
    $url = $server->listen();
    foreach (['a', 'b', 'c'] as $name) { $clients[] = $c = WsClient::connect($url); $c->send($name); }
    while ($begun < 3) { $server->poll(0.01); }
    if ($how === 'exception') { throw new LogicException('on its way'); }
    if ($how === 'unset') { $kept = 'variables are'; unset($server); echo "$kept what they were\n"; }

    return "returned\n";
}
$said = static function ($c, $e) { echo 'onError: ', $e->getMessage(), "\n"; };
$throws = static function ($c, $e) { throw new DomainException('onError'); };
foreach (['unset' => $said, 'return' => null, 'exception' => $throws] as $how => $onError) {
    echo "-- the server goes: $how\n";
    try { echo scene($how, $onError); } catch (LogicException $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}

echo "-- the script ends\n";
$script = new Script(<<<'PHP'
    use function Ferry\delay;
    $server = server(['fibers' => true]);
    $server->onMessage(function ($c) { $c->send('waits'); try { delay(3600); } finally { echo "finally\n"; return; } });
    echo $server->listen(), "\n";
    while ($server->stats()->fibers < 2) { $server->poll(0.01); }
    echo "end of script\n";
    PHP);
$url = $script->line();
foreach ([0, 1] as $i) { $ending[$i] = WsClient::connect($url); $ending[$i]->send('x'); }
$script->end();
?>
--EXPECTF--
-- throw
closed
closed
closed
finally a1
finally b1
finally c1
onError: DomainException: thrown by a1 with a connection
onError: DomainException: thrown by b1 with a connection
onError: DomainException: thrown by c1 with a connection
bool(false)
int(0)
int(3)
-- return
closed
closed
closed
finally a1
finally b1
finally c1
bool(false)
int(0)
int(3)
-- wait
closed
closed
closed
finally a1
finally b1
finally c1
onError: FiberError: Cannot suspend in a force-closed fiber with a connection
onError: FiberError: Cannot suspend in a force-closed fiber with a connection
onError: FiberError: Cannot suspend in a force-closed fiber with a connection
bool(false)
int(0)
int(3)
-- a task, a timer, a callback that is suspended in between
onError: a task
onError: a timer
the handler
-- more closes than fibers
int(9)
int(9)
bool(false)
-- the server goes: unset
finally
onError: thrown
finally
onError: thrown
finally
onError: thrown
variables are what they were
returned
-- the server goes: return
finally

Warning: Uncaught DomainException: thrown in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d
finally

Warning: Uncaught DomainException: thrown in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d
finally

Warning: Uncaught DomainException: thrown in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d
returned
-- the server goes: exception
finally

Warning: Uncaught DomainException: thrown in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d

Warning: Uncaught DomainException: onError in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d
finally

Warning: Uncaught DomainException: thrown in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d

Warning: Uncaught DomainException: onError in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d
finally

Warning: Uncaught DomainException: thrown in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d

Warning: Uncaught DomainException: onError in %s:%d
Stack trace:
#0 [internal function]: {closure%S
#1 [internal function]: Ferry\{fiber}()
#2 {main}
  thrown in %s on line %d
LogicException: on its way
-- the script ends
end of script
finally
finally
exit 0
