--TEST--
Option fibers: a loop of the script's own over stream() and poll(0), which also resumes a handler by itself
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;
use function Ferry\delay;

final class Storage { public static ?string $current = null; }

$server = server(['fibers' => true]);
$server->fiberContext(
    function () { $taken = Storage::$current; Storage::$current = null; return $taken; },
    function (?string $taken) { Storage::$current = $taken; },
);
$later = [];
$pause = function (string $method, mixed $value) use (&$later): mixed {
    // As Revolt's suspensions do.
    $fiber = Fiber::getCurrent();
    $later[] = fn () => $fiber->$method($value);

    return Fiber::suspend();
};
$server->onMessage(function ($c, $data) use ($pause, $server) {
    Storage::$current = $data;
    if (str_starts_with($data, 'delay')) { delay(0.05); }
    if (str_starts_with($data, 'own')) {
        echo $pause('resume', 'resumed'), ' ', Storage::$current, "\n";
        delay(0.001);
        try { $pause('throw', new DomainException('thrown')); } catch (DomainException $e) { echo $e->getMessage(), ' ', Storage::$current, "\n"; }
    }
    $c->send("done $data " . Storage::$current);
    if ($data === 'own stop') { $pause('resume', null); $server->stop(1000, 'asked'); echo "asked\n"; }
    Storage::$current = null;
});
// Due before the delay of the first handler is over, so before the stop.
$server->after(0.01, function () use (&$ticks) { ++$ticks; });
$url = $server->listen();
$client = new Script(<<<'PHP'
    $c = Ferry\WsClient::connect($argv[1]);
    $c->send('delay 1');
    echo $c->receive(20), "\n";
    // Nobody polls by a timer: the stream itself became readable.
    foreach (['own 1', 'own stop'] as $m) { $c->send($m); echo $c->receive(20), "\n"; }
    echo closed($c), "\n";
    PHP, [], null, [$url]);
$stream = $server->stream();
while ($server->isRunning()) {
    $read = [$stream];
    $none = null;
    if (!stream_select($read, $none, $none, 30)) { echo "the stream stays silent\n"; break; }
    $server->poll(0);
    while ($resume = array_shift($later)) {
        $resume();
        if (Storage::$current !== null) { echo 'left behind: ', Storage::$current, "\n"; }
    }
}
$client->end();
?>
--EXPECT--
resumed own 1
thrown own 1
resumed own stop
thrown own stop
asked
done delay 1 delay 1
done own 1 own 1
done own stop own stop
1000 asked
exit 0
