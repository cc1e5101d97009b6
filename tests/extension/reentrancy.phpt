--TEST--
A callback may call every method of every object
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['jwt' => ['algorithms' => ['HS256'], 'key' => str_repeat('k', 32), 'required' => false]]);
$calls = 0;
$all = function ($c = null) use ($server, &$calls) {
    ++$calls;
    $tries = [
        fn () => $server->poll(0), fn () => $server->run(), fn () => $server->listen(), fn () => $server->isRunning(),
        fn () => $server->stream(), fn () => $server->room('r')->send('to room'), fn () => $server->room('r')->sendJson(1),
        fn () => $server->room('r')->connections(), fn () => $server->room('r')->count(), fn () => $server->room('r')->name(),
        fn () => $server->connection('nothing'), fn () => $server->connections(), fn () => $server->count(),
        fn () => $server->broadcast('to all'), fn () => $server->after(100, 'time')->cancel(), fn () => $server->every(100, 'time')->isActive(),
        fn () => $server->stats()->toArray(), fn () => $server->__construct(), fn () => gc_collect_cycles(),
    ];
    if ($c instanceof Ferry\Connection) {
        array_push($tries, fn () => $c->send('x'), fn () => $c->sendJson(['y']), fn () => $c->ping('p'), fn () => $c->isOpen(),
            fn () => $c->bufferedBytes(), fn () => $c->join('r', 's'), fn () => $c->leave('s'), fn () => $c->rooms(),
            fn () => $c->handshake()->headers, fn () => $c->identity(), fn () => $c->claims(), fn () => $c->authenticate('nonsense'),
            fn () => $c->get('a'), fn () => $c->set('a', $c), fn () => $c->id, fn () => $c->remoteAddress, fn () => var_export($c->handshake(), true));
    }
    foreach ($tries as $try) {
        try { $try(); } catch (Ferry\Exception\ExceptionInterface|Error $e) { $GLOBALS['messages'][$e->getMessage()] = true; }
    }
};
$server->onHandshake(function ($h) use ($all) { $all($h); return true; });
$server->onOpen($all);
$server->onMessage(function ($c, $data) use ($all) { $all($c); if ($data === 'throw') { throw new Exception('x'); } });
$server->onError($all);
$server->onClose($all);
$server->after(0, $all);
$url = $server->listen();
$a = Ferry\WsClient::connect($url);
$b = Ferry\WsClient::connect($url);
$a->send('x');
$a->send('throw');
pump($server, function () use (&$calls) { return $calls === 8; });
$a->close();
$b->close();
pump($server, function () use (&$calls) { return $calls === 10; });
$server->stop();
ksort($messages);
echo implode("\n", array_keys($messages)), "\n";
?>
--EXPECT--
Cannot construct an object of class Ferry\WsServer twice
The server is polling already: poll(), run() and stop() cannot be nested
The token is malformed or not supported
