--TEST--
stop() closes in batches, waits for the close handshakes and tells how many were cut
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['drain_batch' => 4, 'drain_interval' => 0.05, 'close_timeout' => 60]);
$closed = [];
$server->onClose(function ($c, $code) use (&$closed) { $closed[] = $code; });
$server->onMessage(fn ($c, $data) => $c->send($data));
$url = $server->listen();
// Answers no close frame.
$deaf = stream_socket_client('tcp://' . substr($url, 5));
fwrite($deaf, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
$clients = [];
for ($i = 0; $i < 10; ++$i) { $clients[] = Ferry\WsClient::connect($url); }
pump($server, fn () => $server->count() === 11);
$batches = [];
$server->every(0.001, function () use ($server, &$batches) { $batches[$server->count()] = true; });
$server->after(0.0, fn () => $server->stop(1012, 'restart', 3.0));
while ($server->isRunning()) {
    $server->poll(0.001);
    foreach ($clients as $i => $client) {
        // Serves the server too.
        $client->receive(0.0);
        if (null !== $client->closeCode()) { echo $client->closeCode(), ' '; unset($clients[$i]); }
    }
    unset($client);
}
echo "\n", count($clients), ' ', json_encode(array_values(array_diff(array_keys($batches), [11]))), "\n";
$stats = $server->stats();
echo json_encode([$stats->drained, $stats->cut, $stats->connections, count($closed), array_unique($closed)]), "\n";
?>
--EXPECT--
1012 1012 1012 1012 1012 1012 1012 1012 1012 1012 
0 [7,3,0]
[10,1,0,11,[1012]]
