--TEST--
Timers: after, every, cancel, isActive, order, exceptions
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$log = [];
$note = function (string $text) use (&$log) { return function () use ($text, &$log) { $log[] = $text; }; };
$server->after(0.03, $note('third'));
$server->after(0.01, $note('first'));
$server->after(0.02, $note('second'));
$same = $server->after(0.03, $note('fourth'));
$cancelled = $server->after(0.01, $note('cancelled'));
var_dump($cancelled->isActive());
$cancelled->cancel();
$cancelled->cancel();
var_dump($cancelled->isActive(), $same->isActive());
$count = 0;
$every = $server->every(0.005, function () use (&$count, &$every, &$repeating, $server, &$log) {
    if (++$count === 3) {
        $every->cancel();
        $log[] = 'every ' . var_export($every->isActive(), true);
        // Later where the machine is busy: a repeating timer skips the turns that it misses.
        $stop = function () use (&$stop, &$repeating, $server) { $repeating > 5 ? $server->stop() : $server->after(0.01, $stop); };
        $server->after(0.05, $stop);
    }
});
$server->onError(function ($c, $e) use (&$log) { $log[] = $e->getMessage(); });
$server->after(0.04, fn () => throw new Exception('from a timer'));
$server->after(0.045, $note('after the exception'));
$repeating = 0;
$r = $server->every(0.001, function () use (&$repeating) { if (++$repeating === 2) { throw new Exception('repeating'); } });
$start = microtime(true);
$server->run();
var_dump(in_array('repeating', $log, true));
$log = array_values(array_filter($log, fn ($l) => !str_starts_with($l, 'every') && 'repeating' !== $l));
echo implode("\n", $log), "\n";
var_dump($count, $repeating > 5, $same->isActive(), $r->isActive(), microtime(true) - $start < 20);
// Timers live on over the stop and the next run.
$r->cancel();
$server->after(0.001, fn () => $server->stop());
$server->run();
// A timer that is due at once must not keep events or the stop waiting.
$n = 0;
$again = function () use (&$again, $server, &$n) { if (++$n < 2000) { $server->after(0, $again); } };
$again();
$server->onMessage(fn ($c, $data) => $c->send("$n"));
$client = Ferry\WsClient::connect($server->listen());
$client->send('x');
var_dump($client->receive() > 0);
foreach ([-1, NAN, INF, 1e9] as $bad) { attempt(fn () => $server->after($bad, 'time')); }
attempt(fn () => $server->every(0, 'time'));
attempt(fn () => $server->every(0.0009, 'time'));
attempt(fn () => $server->after(1, 'nothing'));
?>
--EXPECTF--
bool(true)
bool(false)
bool(true)
bool(true)
first
second
third
fourth
from a timer
after the exception
int(3)
bool(true)
bool(false)
bool(true)
bool(true)
bool(true)
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, -1 given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, NAN given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, INF given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be a number of seconds from 0 to 31536000, 1000000000 given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be at least 0.001 for a repeating timer, 0 given
Ferry\Exception\InvalidArgumentException: Argument $seconds must be at least 0.001 for a repeating timer, 0.0009 given
TypeError: Invalid value given for argument `callback`.
