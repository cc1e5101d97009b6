--TEST--
A fatal error where no poll() runs, in the script itself or in a fiber that it resumes: clients get 1011, at once
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
use Ferry\WsClient;

function scene(string $name, string $onMessage, string $rest, array $ini = []): void
{
    echo "-- $name\n";
    $script = new Script(<<<'PHP'
        use function Ferry\async;
        use function Ferry\delay;
        register_shutdown_function(function () { echo "shutdown function\n"; });
        $server = server(['fibers' => true]);
        $suspended = function () use ($server) { while ($server->stats()->fibers < 1) { $server->poll(0.01); } };
        $received = function () use ($server) { while (!isset($GLOBALS['got'])) { $server->poll(0.01); } };
        function fatal() { eval('class A { abstract function f(); }'); }
        PHP . "\n\$server->onMessage(function (\$c, \$data) use (\$server) { \$GLOBALS['got'] = true; $onMessage });\necho \$server->listen(), \"\\n\";\n$rest\necho \"not reached\\n\";", $ini);
    $url = $script->line();
    $bystander = WsClient::connect($url);
    $client = WsClient::connect($url);
    $client->send('go');
    echo closed($client), ' ', closed($bystander), "\n";
    $script->end();
}

// The handler is suspended by a poll() that has ended, and goes on in what the script waits with.
scene('delay()', 'delay(0.05); fatal();', '$suspended(); delay(3600);');
scene('await()', 'delay(0.05); fatal();', '$suspended(); async(fn () => delay(3600))->await();');
scene('user error', 'delay(0.05); @trigger_error("mine", E_USER_ERROR);', '$suspended(); delay(3600);');
scene('memory', 'delay(0.05); $s = str_repeat("x", 1 << 20); while (true) { $s .= $s; }', '$suspended(); delay(3600);', ['memory_limit' => '32M']);
scene('a task of the script', '', '$received(); async(function () { delay(0.01); fatal(); }); delay(3600);');
scene('a task that has not waited', '', '$received(); async(fatal(...));');
scene('a fiber that the script resumes', '$GLOBALS["f"] = Fiber::getCurrent(); Fiber::suspend(); fatal();', '$received(); $f->resume();');
scene('the script itself', '', '$received(); fatal();');
scene('an exception that nobody catches', '', '$received(); throw new Exception("thrown");');
// The clients are told before the shutdown functions run, however long those take.
scene('a slow shutdown function', 'delay(0.05); fatal();', 'register_shutdown_function(function () { sleep(2); echo "slept\n"; }); $suspended(); delay(3600);');
?>
--EXPECTF--
-- delay()
1011 1011
%A
shutdown function
exit 255
-- await()
1011 1011
%A
shutdown function
exit 255
-- user error
1011 1011

Fatal error: mine in script on line %d
shutdown function
exit 255
-- memory
1011 1011

Fatal error: Allowed memory size of %d bytes exhausted%S(tried to allocate %d bytes) in script on line %d
shutdown function
exit 255
-- a task of the script
1011 1011
%A
shutdown function
exit 255
-- a task that has not waited
1011 1011
%A
shutdown function
exit 255
-- a fiber that the script resumes
1011 1011
%A
shutdown function
exit 255
-- the script itself
1011 1011
%A
shutdown function
exit 255
-- an exception that nobody catches
1011 1011

Fatal error: Uncaught Exception: thrown in script:%d
Stack trace:
#0 {main}
  thrown in script on line %d
shutdown function
exit 255
-- a slow shutdown function
1011 1011
%A
shutdown function
slept
exit 255
