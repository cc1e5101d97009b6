--TEST--
In a forked child every method throws; its end disturbs neither the parent nor the clients
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$server->onMessage(function ($c, $data) { $c->send($data); });
$url = $server->listen();
$client = Ferry\WsClient::connect($url);
pump($server, fn () => $server->count() === 1);
$c = $server->connections()[0];
$room = $server->room('r');
$timer = $server->after(1000, 'time');
foreach (['exit', 'end of the script', 'kill'] as $how) {
    $pid = pcntl_fork();
    if ($pid === 0) {
        if ($how === 'exit') {
            $methods = [
                'poll' => fn () => $server->poll(0), 'run' => fn () => $server->run(), 'stop' => fn () => $server->stop(),
                'listen' => fn () => $server->listen(), 'stream' => fn () => $server->stream(), 'room' => fn () => $server->room('x'),
                'connection' => fn () => $server->connection('x'), 'connections' => fn () => $server->connections(),
                'count' => fn () => $server->count(), 'broadcast' => fn () => $server->broadcast('x'), 'stats' => fn () => $server->stats(),
                'after' => fn () => $server->after(1, 'time'), 'every' => fn () => $server->every(1, 'time'), 'onOpen' => fn () => $server->onOpen('time'),
                'on' => fn () => $server->on('open', 'time'), 'send' => fn () => $c->send('x'), 'sendJson' => fn () => $c->sendJson(1),
                'ping' => fn () => $c->ping(), 'close' => fn () => $c->close(), 'isOpen' => fn () => $c->isOpen(),
                'bufferedBytes' => fn () => $c->bufferedBytes(), 'join' => fn () => $c->join('x'), 'leave' => fn () => $c->leave('x'),
                'rooms' => fn () => $c->rooms(), 'authenticate' => fn () => $c->authenticate('x'), 'room send' => fn () => $room->send('x'),
                'room sendJson' => fn () => $room->sendJson(1), 'room count' => fn () => $room->count(), 'room connections' => fn () => $room->connections(),
            ];
            foreach ($methods as $name => $method) {
                try { $method(); echo "$name did not throw\n"; } catch (Ferry\Exception\LogicException $e) { $messages[$e->getMessage()] = true; }
            }
            echo implode("\n", array_keys($messages)), "\n";
            var_dump($server->isRunning());
            exit(5);
        }
        if ($how === 'kill') { posix_kill(getmypid(), SIGKILL); }
        return;
    }
    $end = microtime(true) + 20;
    while (!($done = pcntl_waitpid($pid, $status, WNOHANG)) && microtime(true) < $end) { usleep(1000); }
    echo $how, $done ? '' : ' hangs', ' ', pcntl_wifexited($status) ? pcntl_wexitstatus($status) : 'killed', "\n";
    $client->send("after $how");
    var_dump($client->receive());
}
$server->stop();
echo closed($client), "\n";
?>
--EXPECT--
This Ferry server belongs to the parent process: fork before listen(), or make a new server in the child
bool(false)
exit 5
string(10) "after exit"
end of the script 0
string(23) "after end of the script"
kill killed
string(10) "after kill"
1001
