--TEST--
After a fatal error in a callback the default signal handlers are back while shutdown functions run
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$script = new Script('
    register_shutdown_function(function () { posix_kill(posix_getpid(), SIGTERM); sleep(3); echo "not reached\n"; });
    $server = server();
    $server->onMessage(function () { @trigger_error("mine", E_USER_ERROR); });
    echo $server->listen(), "\n";
    $server->run();');
$client = Ferry\WsClient::connect($script->line());
$client->send('x');
echo closed($client), "\n";
$script->end();
?>
--EXPECTF--
1011

Fatal error: mine in script on line %d
signal 15
