--TEST--
stream() with stream_select(): 10,000 messages without a lost wake-up
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$server->onMessage(fn ($c, $data) => $c->send($data));
$url = $server->listen();
$script = new Script('
    $client = Ferry\WsClient::connect($argv[1]);
    echo "ready\n";
    foreach (range(1, 4000) as $i) { $client->send("$i"); if ($client->receive() !== "$i") { exit(1); } }
    foreach (range(1, 6000) as $i) { $client->send("$i"); }
    foreach (range(1, 6000) as $i) { if ($client->receive() !== "$i") { exit(2); } }
    $client->close();', [], null, [$url]);
$stream = $server->stream();
var_dump(get_resource_type($stream), stream_isatty($stream));
$server->poll(0);
$log = [0, 0];
$closed = false;
$server->onClose(function () use (&$closed) { $closed = true; });
while (!$closed) {
    $read = [$stream];
    $none = null;
    if (!stream_select($read, $none, $none, 5)) {
        echo "no wake-up within five seconds\n";
        break;
    }
    // Small batches leave events behind: the stream must stay readable then.
    $server->poll(0, 7);
}
echo $server->stats()->messagesIn, "\n";
// stop() inside a callback goes on by the stream alone, too.
$client = Ferry\WsClient::connect($url);
$server->onMessage(fn () => $server->stop(4000, 'by stream'));
$client->send('stop');
while ($server->isRunning()) {
    $read = [$stream];
    if (!stream_select($read, $none, $none, 5)) { echo "stop hangs\n"; break; }
    $server->poll(0);
    if ($client->closeCode() === null) { $client->receive(0.001); }
}
echo $client->closeCode(), "\n";
$script->end();
?>
--EXPECT--
string(6) "stream"
bool(false)
10000
4000
ready
exit 0
