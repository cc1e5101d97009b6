--TEST--
max_execution_time ends a server whose time goes by outside of any PHP code
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$script = new Script('
    $server = server();
    echo $server->listen(), "\n";
    set_time_limit(1);
    $server->run();');
$client = Ferry\WsClient::connect($script->line());
$payload = str_repeat('x', 500);
$end = microtime(true) + 20;
try {
    while (microtime(true) < $end) { foreach (range(1, 100) as $_) { $client->send($payload); } $client->receive(0); if ($client->closeCode() !== null) { break; } }
} catch (Ferry\Exception\ConnectionException) {
}
$script->end();
?>
--EXPECTF--
Fatal error: Maximum execution time of 1 second exceeded in %s
exit 255
