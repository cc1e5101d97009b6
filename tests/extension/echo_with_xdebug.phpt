--TEST--
With an extension that observes every call (xdebug): echo, exceptions, exit
--SKIPIF--
<?php if (!file_exists(ini_get('extension_dir') . '/xdebug.so')) die('skip needs xdebug'); ?>
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach (['develop', 'coverage', 'trace', 'profile', 'debug'] as $mode) {
    $script = new Script('
        $server = server();
        $server->onMessage(function ($c, $data) { if ($data === "throw") { throw new Exception("x"); } if ($data === "exit") { exit(4); } $c->send($data); });
        $server->onError(function ($c, $e) { $c->send($e->getMessage()); });
        echo $server->listen(), "\n";
        $server->run();', ['zend_extension' => 'xdebug', 'xdebug.mode' => $mode, 'xdebug.output_dir' => sys_get_temp_dir(), 'xdebug.start_with_request' => $mode === 'debug' ? 'no' : 'yes', 'xdebug.log_level' => '0', 'xdebug.trace_output_name' => 'ferry-xdebug', 'xdebug.profiler_output_name' => 'ferry-xdebug']);
    $client = Ferry\WsClient::connect($script->line());
    foreach (range(1, 500) as $i) { $client->send("$i"); if ($client->receive() !== "$i") { die('wrong answer'); } }
    $client->send('throw');
    echo "$mode ", $client->receive(), ' ';
    $client->send('exit');
    echo closed($client);
    $script->end();
}
array_map('unlink', glob(sys_get_temp_dir() . '/ferry-xdebug*'));
?>
--EXPECT--
develop x 1001
exit 4
coverage x 1001
exit 4
trace x 1001
exit 4
profile x 1001
exit 4
debug x 1001
exit 4
