--TEST--
A server that goes closes its clients with 1001: unset, end of the script, inside a cycle
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$client = Ferry\WsClient::connect($server->listen());
pump($server, fn () => $server->count() === 1);
unset($server);
echo closed($client), "\n";
foreach (['', '$server->onMessage(fn () => $server); $server->onOpen(function ($c) use ($server) { $c->server = $server; $c->set("c", $c); });'] as $code) {
    $script = new Script('
        $server = server();
        ' . $code . '
        echo $server->listen(), "\n";
        while ($server->count() === 0) { $server->poll(); }
        echo "the end\n";');
    $client = Ferry\WsClient::connect($script->line());
    echo closed($client), "\n";
    $script->end();
}
?>
--EXPECT--
1001
1001
the end
exit 0
1001
the end
exit 0
