--TEST--
After close() from our side no message of the connection arrives, its close event does
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$log = [];
$server->onMessage(function ($c, $data) use (&$log) {
    $log[] = $data;
    if ($data === '3') {
        $c->close(4000, 'enough');
        $log[] = $c->isOpen() ? 'open' : 'not open';
        $log[] = $c->send('late')->name;
        $c->close(4001, 'again');
    }
});
$server->onClose(function ($c, $code, $reason) use (&$log) { $log[] = "close $code $reason"; });
$client = Ferry\WsClient::connect($server->listen());
foreach (range(1, 50) as $i) {
    $client->send("$i");
}
echo closed($client), "\n";
pump($server, fn () => $server->count() === 0);
$server->stop();
echo implode("\n", $log), "\n";
?>
--EXPECT--
4000 enough
1
2
3
not open
Closed
close 4000 enough
