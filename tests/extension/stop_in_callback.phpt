--TEST--
stop() in a callback takes effect after it: queued events are delivered, code and reason reach every client
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$log = [];
$server->onMessage(function ($c, $data) use ($server, &$log) {
    $log[] = $data;
    if ($data === 'stop') {
        // What is to be found queued must have arrived.
        until(fn () => $server->stats()->messagesIn === 2);
        $server->stop(1012, 'restart');
        $server->stop(1000, 'the first one counts');
        $log[] = $server->isRunning() ? 'still running' : 'stopped';
    }
});
$server->onClose(function ($c, $code, $reason) use (&$log) { $log[] = "close $code $reason"; });
$url = $server->listen();
$a = Ferry\WsClient::connect($url);
$b = Ferry\WsClient::connect($url);
pump($server, fn () => $server->count() === 2);
$a->send('stop');
$a->send('queued');
$server->run();
echo implode("\n", $log), "\n";
echo closed($a), "\n", closed($b), "\n";
var_dump($server->isRunning(), $server->count(), $server->connections(), status($url));
// It can listen again.
$url = $server->listen();
$c = Ferry\WsClient::connect($url);
pump($server, fn () => $server->count() === 1);
$server->stop();
var_dump(closed($c), count($log));
?>
--EXPECT--
stop
still running
queued
close 1012 restart
close 1012 restart
1012 restart
1012 restart
bool(false)
int(0)
array(0) {
}
int(0)
string(4) "1001"
int(6)
