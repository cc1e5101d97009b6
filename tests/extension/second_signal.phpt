--TEST--
A second signal ends the process at once, even while a callback hangs
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$script = new Script('
    $server = server();
    $server->onMessage(function ($c) { $c->send("hanging"); $end = microtime(true) + 20; while (microtime(true) < $end); });
    echo $server->listen(), "\n";
    $server->run();');
$client = Ferry\WsClient::connect($script->line());
$client->send('x');
var_dump($client->receive());
$script->signal(SIGTERM);
// Not even the second one is lost while the first is pending.
usleep(100_000);
$start = microtime(true);
$script->signal(SIGTERM);
$script->end();
var_dump(microtime(true) - $start < 12);
?>
--EXPECT--
string(7) "hanging"

exit 143
bool(true)
