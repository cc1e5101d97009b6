--TEST--
Option fibers inside of Revolt's event loop: its suspensions work in handlers, and Ferry's waits in its callbacks
--SKIPIF--
<?php if (!is_file((string) getenv('REVOLT_AUTOLOAD'))) { echo 'skip unavailable: REVOLT_AUTOLOAD names no autoloader of revolt/event-loop'; } ?>
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
require getenv('REVOLT_AUTOLOAD');
use Revolt\EventLoop;
use function Ferry\async;
use function Ferry\delay;

/** As amphp's delay(). */
function revolt_delay(float $seconds): void
{
    $suspension = EventLoop::getSuspension();
    EventLoop::delay($seconds, fn () => $suspension->resume());
    $suspension->suspend();
}

$server = server(['fibers' => true]);
$log = [];
$server->onMessage(function ($c, $data) use (&$log, $server) {
    $log[] = "begin $data";
    match ($data) {
        'revolt' => revolt_delay(0.01),
        'ferry' => delay(0.01),
        'both' => [revolt_delay(0.01), delay(0.01), revolt_delay(0.01), async(fn () => revolt_delay(0.01))->await()],
        default => null,
    };
    // The one that does not wait comes last, and passes all that do.
    while (in_array($data, ['revolt', 'ferry', 'both'], true) && !in_array('end none', $log, true)) {
        $data === 'ferry' ? delay(0.005) : revolt_delay(0.005);
    }
    $log[] = "end $data";
    $c->send("done $data");
    if ($data === 'stop') { revolt_delay(0.01); $server->stop(); }
});
$url = $server->listen();
$client = new Script(<<<'PHP'
    $clients = [];
    foreach (['revolt', 'ferry', 'both', 'none'] as $m) { $clients[$m] = Ferry\WsClient::connect($argv[1]); }
    foreach ($clients as $m => $c) { $c->send($m); $c->send("$m 2"); }
    foreach ($clients as $m => $c) { echo $c->receive(20), ', ', $c->receive(20), "\n"; }
    $c->send('stop');
    echo $c->receive(20), ' ', closed($c), "\n";
    PHP, [], null, [$url]);
$readable = EventLoop::onReadable($server->stream(), function () use ($server, &$readable) {
    $server->poll(0);
    if (!$server->isRunning()) { EventLoop::cancel($readable); }
});
EventLoop::run();
$client->end();
foreach (['revolt', 'ferry', 'both'] as $m) {
    // In order for each client.
    $at = array_map(fn ($l) => array_search($l, $log), ["begin $m", "end $m", "begin $m 2"]);
    $sorted = $at;
    sort($sorted);
    var_dump($at === $sorted);
}
?>
--EXPECT--
done revolt, done revolt 2
done ferry, done ferry 2
done both, done both 2
done none, done none 2
done stop 1001
exit 0
bool(true)
bool(true)
bool(true)
