--TEST--
Option fibers: exit, fatal errors, memory exhaustion, fork and the end of the script with suspended handlers
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;

function scene(string $name, string $onMessage, string $rest = '$server->run(); echo "after run\n";', array $ini = []): void
{
    echo "-- $name\n";
    $script = new Script(<<<'PHP'
        use function Ferry\async;
        use function Ferry\delay;
        $server = server(['fibers' => true, 'close_timeout' => 1]);
        register_shutdown_function(function () { echo "shutdown function\n"; });
        $server->onClose(function ($c, $code) { echo "close $code\n"; });
        PHP . "\n\$server->onMessage(function (\$c, \$data) use (\$server) { if (\$data === 'wait') { \$c->send('waits'); try { delay(3600); } finally { echo \"finally\\n\"; } }\n$onMessage });\necho \$server->listen(), \"\\n\";\n$rest", $ini);
    $url = $script->line();
    $waiting = WsClient::connect($url);
    $waiting->send('wait');
    $waiting->receive(20);
    $client = WsClient::connect($url);
    $client->send('go');
    echo closed($client), ' ', closed($waiting), "\n";
    $script->end();
}

scene('exit', 'delay(0.01); exit(3);');
scene('exit in a task', 'async(function () { delay(0.01); exit(4); })->await(); echo "not reached\n";');
scene('fatal error', 'delay(0.01); eval("class A { abstract function f(); }"); echo "not reached\n";');
scene('memory', 'delay(0.01); $s = str_repeat("x", 1 << 20); while (true) { $s .= $s; }', ini: ['memory_limit' => '32M']);
scene('recursion', '$f = function () use (&$f) { return $f() + 1; }; delay(0.01); $f();', ini: ['memory_limit' => '64M']);
scene('time limit', 'delay(0.01); set_time_limit(1); while (true) {}');
scene('stop', 'delay(0.01); $server->stop(4000, "bye", 0.5);');
scene('the script ends', 'delay(0.01); $server->done = true;', '$server->onMessage(function ($c, $d) { $c->send("waits"); try { delay(3600); } finally { echo "finally\n"; } }); while ($server->stats()->fibers < 2) { $server->poll(0.01); } echo "end of script\n";');
scene('fork', '$pid = pcntl_fork(); if ($pid === 0) { try { delay(0.01); echo "child waited\n"; } finally { posix_kill(getmypid(), 9); } } pcntl_waitpid($pid, $status); echo "parent goes on\n"; $server->stop(4001, "forked", 0.2);');
scene('server destroyed', 'delay(0.01);', '$server->onMessage(function ($c, $d) { $c->send("waits"); try { delay(3600); } finally { echo "finally ", $c->send("x")->name, "\n"; } }); while ($server->stats()->fibers < 2) { $server->poll(0.01); } unset($server); gc_collect_cycles(); echo "still here\n";');
?>
--EXPECTF--
-- exit
1001 1001
shutdown function
finally
exit 3
-- exit in a task
1001 1001
shutdown function
finally
exit 4
-- fatal error
1011 1011

Fatal error: Class A contains 1 abstract method and must therefore be declared abstract or implement the remaining methods (A::f) in script(8) : eval()'d code on line 1
shutdown function
exit 255
-- memory
1011 1011

Fatal error: Allowed memory size of %d bytes exhausted%S(tried to allocate %d bytes) in script on line 8
shutdown function
exit 255
-- recursion
1011 1011

Fatal error: Allowed memory size of %d bytes exhausted%S(tried to allocate %d bytes) in script on line 8
shutdown function
exit 255
-- time limit
1011 1011

Fatal error: Maximum execution time of 1 second exceeded in script on line 8
shutdown function
exit 255
-- stop
4000 bye 4000 bye
close 4000
finally
close 4000
after run
shutdown function
exit 0
-- the script ends
unexpected message: waits
1001 1001
end of script
shutdown function
finally
finally
exit 0
-- fork
4001 forked 4001 forked

Fatal error: Uncaught Ferry\Exception\LogicException: This Ferry server belongs to the parent process: fork before listen(), or make a new server in the child in script:10
Stack trace:
#0 script(10): Ferry\WsServer->run()
#1 {main}
  thrown in script on line 10
shutdown function
finally
parent goes on
close 4001
finally
close 4001
after run
shutdown function
exit 0
-- server destroyed
unexpected message: waits
1001 1001
finally Closed
finally Closed
still here
shutdown function
exit 0
