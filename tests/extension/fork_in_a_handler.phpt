--TEST--
A fork inside a handler: the child may not go on with the parent's events, the parent does
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$script = new Script('
    $parent = getmypid();
    $server = server();
    $log = [];
    $server->onMessage(function ($c, $data) use ($parent, $server) {
        if (getmypid() !== $parent) { echo "child got $data\n"; }
        if ($data === "fork") { pcntl_fork(); if (getmypid() === $parent) { pcntl_wait($status); } return; }
        if ($data === "throw") { if (!pcntl_fork()) { throw new Exception("in the child"); } pcntl_wait($status); return; }
        if ($data === "exit") { if (!pcntl_fork()) { exit(0); } pcntl_wait($status); return; }
        if ($data === "fatal") { if (!pcntl_fork()) { @trigger_error("in the child", E_USER_ERROR); } pcntl_wait($status); return; }
        $c->send($data);
        if ($data === "stop") { $server->stop(); }
    });
    echo $server->listen(), "\n";
    try {
        $server->run();
    } catch (Throwable $e) {
        echo get_class($e), ": ", $e->getMessage(), "\n";
    }
    echo getmypid() === $parent ? "parent" : "child", "\n";');
$client = Ferry\WsClient::connect($script->line());
foreach (['fork', 'throw', 'exit', 'fatal', 'stop'] as $text) { $client->send($text); }
var_dump($client->receive());
echo closed($client), "\n";
$script->end();
?>
--EXPECTF--
string(4) "stop"
1001
Ferry\Exception\LogicException: This Ferry server belongs to the parent process: %s
child
Exception: in the child
child

Fatal error: in the child in script on line %d
parent
exit 0
