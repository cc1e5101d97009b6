--TEST--
Fork before listen() works, and a child may make a server of its own
--SKIPIF--
<?php if (!extension_loaded('pcntl')) die('skip needs pcntl'); ?>
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$serve = function (string $name) {
    $server = server();
    $server->onMessage(fn ($c, $data) => $c->send("$name: $data"));
    $client = Ferry\WsClient::connect($server->listen());
    $client->send('hello');
    echo $client->receive(), "\n";
    $server->stop();
    echo closed($client), "\n";
};
$pid = pcntl_fork();
if ($pid === 0) { $serve('forked first'); exit; }
pcntl_waitpid($pid, $status);
$server = server();
$server->onMessage(fn ($c, $data) => $c->send("parent: $data"));
$client = Ferry\WsClient::connect($server->listen());
$pid = pcntl_fork();
if ($pid === 0) { $serve('forked after'); exit; }
pcntl_waitpid($pid, $status);
$client->send('hello');
echo $client->receive(), "\n";
?>
--EXPECT--
forked first: hello
1001
forked after: hello
1001
parent: hello
