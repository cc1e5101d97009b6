--TEST--
The handle of a connection that is gone answers and never crashes
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$stale = [];
$server->onOpen(function ($c) use (&$stale) { $stale[] = $c->join('room'); });
$url = $server->listen();
$client = Ferry\WsClient::connect($url, ['X-Test' => 'yes']);
pump($server, function () use (&$stale) { return $stale; });
$client->close();
pump($server, fn () => $server->count() === 0);
// The slot is used again: the old handle must not reach the new client.
$second = Ferry\WsClient::connect($url);
pump($server, function () use (&$stale) { return count($stale) === 2; });
$c = $stale[0];
function ask($c, $server) {
    attempt(fn () => $c->send('x'));
    attempt(fn () => $c->sendJson([1]));
    attempt(fn () => $c->ping());
    attempt(fn () => $c->close(1000));
    attempt(fn () => $c->isOpen());
    attempt(fn () => $c->bufferedBytes());
    attempt(fn () => $c->join('other'));
    attempt(fn () => $c->leave('room'));
    attempt(fn () => $c->rooms());
    attempt(fn () => $c->handshake()->header('x-test'));
    attempt(fn () => $c->identity());
    attempt(fn () => $c->claims());
    attempt(fn () => strlen($c->id));
    attempt(fn () => $c->remoteAddress);
    attempt(fn () => $server->broadcast('to all', false, [$c, $c->id]));
}
ask($c, $server);
var_dump($second->receive());
$server->stop();
attempt(fn () => $c->send('x'));
attempt(fn () => $stale[1]->send('x'));
unset($server);
attempt(fn () => $c->send('x'));
attempt(fn () => $c->isOpen());
?>
--EXPECT--
"Closed"
"Closed"
null
null
false
0
Ferry\Connection
Ferry\Connection
[]
"yes"
null
[]
32
"127.0.0.1"
1
string(6) "to all"
"Closed"
"Closed"
"Closed"
false
