--TEST--
Ferry\async() and Ferry\Future: outcomes, timeouts, deadlocks, failures that nobody asks for
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\Future;
use function Ferry\async;
use function Ferry\delay;

// It runs at once until it first waits.
$log = [];
$future = async(function (int $a, int ...$more) use (&$log) { $log[] = 'begun'; delay(0.01); $log[] = 'done'; return $a + array_sum($more); }, 1, 2, 3);
$log[] = 'returned';
var_dump($future->isComplete(), $future->await(), $future->isComplete(), $future->await(), implode(',', $log));
attempt(fn () => async('strlen', 'abc')->await());
attempt(fn () => async(fn () => throw new DomainException('thrown'))->await());
$twice = async(function () { delay(0); throw new DomainException('each time'); });
attempt(fn () => $twice->await());
attempt(fn () => $twice->await());

echo "-- several\n";
$start = hrtime(true);
$many = [];
for ($i = 0; $i < 200; $i++) { $many["k$i"] = async(function () use ($i) { delay(0.1); return $i; }); }
$all = Future::all($many);
var_dump($all === array_combine(array_map(fn ($i) => "k$i", range(0, 199)), range(0, 199)), (hrtime(true) - $start) / 1e9 < 5);
attempt(fn () => Future::all([]));
attempt(fn () => Future::all((function () { yield 'x' => async(fn () => 1); yield 5 => async(fn () => 2); })()));
attempt(fn () => Future::all([async(fn () => delay(60)), async(function () { delay(0.01); throw new DomainException('the first failure'); })]));
attempt(fn () => Future::all([1]));
attempt(fn () => Future::all((function () { yield 1; })()));
attempt(fn () => Future::all((function () { throw new DomainException('generator'); yield 1; })()));

echo "-- timeouts\n";
$slow = async(function () { delay(0.05); return 'slow'; });
foreach ([-1, NAN, INF] as $bad) { attempt(fn () => $slow->await($bad)); }
attempt(fn () => $slow->await(0));
attempt(fn () => $slow->await(0.001));
attempt(fn () => $slow->await(20));
attempt(fn () => Future::all([async(fn () => delay(60))], 0.001));
attempt(fn () => async(function () { $f = async(fn () => delay(60)); $f->await(0.01); })->await());

echo "-- deadlocks\n";
$own = null;
$own = async(function () use (&$own) { delay(0); return $own->await(); });
attempt(fn () => $own->await());
$a = $b = null;
$a = async(function () use (&$b) { delay(0); return $b->await(); });
$b = async(function () use (&$a) { delay(0); return $a->await(); });
attempt(fn () => $a->await());
attempt(fn () => $b->await());
$c = async(function () use (&$c) { delay(0); return Future::all([$c]); });
attempt(fn () => $c->await());
$kept = null;
$stuck = async(function () use (&$kept) { $kept = Fiber::getCurrent(); return Fiber::suspend(); });
attempt(fn () => $stuck->await());
$kept->resume('by hand');
attempt(fn () => $stuck->await());
unset($kept);
attempt(fn () => async(function () { Fiber::suspend(); })->await());
attempt(fn () => async(function () { delay(0); Fiber::suspend(); })->await());

echo "-- nested\n";
attempt(fn () => async(fn () => async(fn () => async(function () { delay(0.001); return 'deep'; })->await())->await())->await());
$f = async(function () { $inner = new Fiber(function () { delay(0.001); Fiber::suspend('out'); return 7; }); $inner->start(); delay(0.02); $inner->resume(); return $inner->getReturn(); });
attempt(fn () => $f->await());
attempt(fn () => new Future());
attempt(fn () => async('no_such_function'));
attempt(fn () => serialize($f));

echo "-- nobody asks\n";
async(fn () => throw new DomainException('unasked'));
delay(0);
$later = async(fn () => throw new DomainException('asked too late'));
$gone = async(function () { try { delay(3600); } finally { echo "unwound\n"; } });
unset($gone);
echo "end\n";
?>
--EXPECTF--
bool(false)
int(6)
bool(true)
int(6)
string(19) "begun,returned,done"
3
DomainException: thrown
DomainException: each time
DomainException: each time
-- several
bool(true)
bool(true)
[]
{"x":1,"5":2}
DomainException: the first failure
Ferry\Exception\InvalidArgumentException: Argument $futures must hold Ferry\Future objects, int given
Ferry\Exception\InvalidArgumentException: Argument $futures must hold Ferry\Future objects, int given
DomainException: generator
-- timeouts
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, -1 given
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, NAN given
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, INF given
Ferry\Exception\TimeoutException: The future did not complete in time
Ferry\Exception\TimeoutException: The future did not complete in time
"slow"
Ferry\Exception\TimeoutException: The future did not complete in time
Ferry\Exception\TimeoutException: The future did not complete in time
-- deadlocks
Ferry\Exception\LogicException: This future can never complete: what it waits for waits for the caller
Ferry\Exception\LogicException: This future can never complete: what it waits for waits for the caller
Ferry\Exception\LogicException: This future can never complete: what it waits for waits for the caller
Ferry\Exception\LogicException: This future can never complete: what it waits for waits for the caller
Ferry\Exception\LogicException: This future can never complete: nothing that could complete it is left
"by hand"
Ferry\Exception\LogicException: The fiber was suspended by Fiber::suspend(), and nobody has it to resume it
Ferry\Exception\LogicException: The fiber was suspended by Fiber::suspend(), and nobody has it to resume it
-- nested
"deep"
7
Error: Call to private Ferry\Future::__construct() from global scope
TypeError: %s
Exception: %s
-- nobody asks

Warning: Uncaught DomainException: unasked in %s:%d
Stack trace:
#0 [internal function]: {closure%S}()
#1 [internal function]: Ferry\{fiber}()
#2 [internal function]: Fiber->resume()
#3 %s(%d): Ferry\async(Object(Closure))
#4 {main}
  thrown in %s on line %d
end
unwound

Warning: Uncaught DomainException: asked too late in %s:%d
Stack trace:
#0 [internal function]: {closure%S}()
#1 [internal function]: Ferry\{fiber}()
#2 [internal function]: Fiber->resume()
#3 %s(%d): Ferry\async(Object(Closure))
#4 {main}
  thrown in %s on line %d
