--TEST--
Fatal error, memory or time exhausted in a callback: clients get 1011, the message is printed, the process ends with 255
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$where = [
    'fatal error' => ['interface I { function f(); } $server->onMessage(function () { eval("class A implements I {}"); });', []],
    'user error' => ['$server->onMessage(function () { @trigger_error("mine", E_USER_ERROR); });', []],
    'memory' => ['$server->onMessage(function () { $a = []; while (true) { $a[] = str_repeat("x", 100000); } });', ['memory_limit' => '16M']],
    'memory while the events are read' => ['$server->onMessage(function () { global $keep; $keep = str_repeat("x", 15_000_000); });', ['memory_limit' => '16M']],
    // The memory stays taken, so PHP 8.4 on its own has none left for shutdown functions either.
    'recursion' => ['function f() { return 1 + f(); } $server->onMessage(function () { f(); });', ['memory_limit' => '64M']],
    'time' => ['$server->onMessage(function () { while (true); });', ['max_execution_time' => '1']],
    'time, set later' => ['$server->onMessage(function () { set_time_limit(1); while (true); });', []],
    'in a fiber' => ['$server->onMessage(function () { (new Fiber(function () { (new Fiber(function () { @trigger_error("mine", E_USER_ERROR); }))->start(); }))->start(); });', []],
    'in a timer' => ['$server->onMessage(function () use ($server) { $server->after(0, function () { @trigger_error("mine", E_USER_ERROR); }); });', []],
    'in the error callback' => ['$server->onError(function () { @trigger_error("mine", E_USER_ERROR); }); $server->onMessage(function () { throw new Exception; });', []],
    'in a handler that a poll() in a callback calls' => ['$inner = server(); $inner->after(0, function () { @trigger_error("mine", E_USER_ERROR); }); $inner->listen(); $server->onMessage(function () use ($inner) { $inner->poll(); });', []],
];
foreach ($where as $name => [$code, $ini]) {
    echo "-- $name\n";
    $script = new Script('
        register_shutdown_function(function () { echo "shutdown function\n"; });
        $server = server();
        ' . $code . '
        echo $server->listen(), "\n";
        $server->run();
        echo "not reached\n";', $ini);
    $url = $script->line();
    $bystander = Ferry\WsClient::connect($url);
    $client = Ferry\WsClient::connect($url);
    $client->send('x');
    if ($name === 'memory while the events are read') {
        foreach (range(1, 20) as $_) { $client->send(str_repeat('y', 500_000)); }
    }
    // A time limit counts time on the processor, of which a busy machine gives little.
    echo closed($bystander, 45), "\n";
    $script->end(45);
}
?>
--EXPECTF--
-- fatal error
1011

Fatal error: Class A contains 1 abstract method %s
shutdown function
exit 255
-- user error
1011

Fatal error: mine in script on line %d
shutdown function
exit 255
-- memory
1011

Fatal error: Allowed memory size of %d bytes exhausted %s
shutdown function
exit 255
-- memory while the events are read
1011

Fatal error: Allowed memory size of %d bytes exhausted %s
shutdown function
exit 255
-- recursion
1011

Fatal error: Allowed memory size of %d bytes exhausted %A
exit 255
-- time
1011

Fatal error: Maximum execution time of 1 second exceeded in script on line %d
shutdown function
exit 255
-- time, set later
1011

Fatal error: Maximum execution time of 1 second exceeded in script on line %d
shutdown function
exit 255
-- in a fiber
1011

Fatal error: mine in script on line %d
shutdown function
exit 255
-- in a timer
1011

Fatal error: mine in script on line %d
shutdown function
exit 255
-- in the error callback
1011

Fatal error: mine in script on line %d
shutdown function
exit 255
-- in a handler that a poll() in a callback calls
1011

Fatal error: mine in script on line %d
shutdown function
exit 255
