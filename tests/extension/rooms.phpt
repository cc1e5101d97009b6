--TEST--
Rooms: count, connections, send with exceptions, over join, leave and close; broadcast; JSON
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['io_threads' => 2]);
$server->onMessage(function ($c, $data) use ($server) {
    [$what, $room] = explode(' ', $data) + [1 => ''];
    match ($what) {
        'join' => $c->join($room, 'everybody')->join($room),
        'leave' => $c->leave($room, 'never joined'),
        'close' => $c->close(),
    };
    $c->set('name', $c->handshake()->path);
    if ($what !== 'close') { $c->send('done'); }
});
$url = $server->listen();
foreach (['a', 'b', 'c', 'd'] as $name) {
    $clients[$name] = Ferry\WsClient::connect("$url/$name");
    $clients[$name]->send($name === 'd' ? 'join other' : 'join room');
    $clients[$name]->receive();
}
$names = function (array $connections) { $n = array_map(fn ($c) => $c->get('name'), $connections); sort($n); return implode(' ', $n); };
$room = $server->room('room');
echo $room->name(), ' ', count($room), ' ', $names($room->connections()), "\n";
$of = fn (string $name) => array_values(array_filter($server->connections(), fn ($c) => $c->get('name') === "/$name"))[0];
$received = function () use ($clients) { $got = []; foreach ($clients as $name => $client) { while (($m = $client->receive(0.05)) !== null) { $got[] = "$name:$m"; } } return implode(' ', $got); };
echo $room->send('1'), ' ', $room->send('2', false, [$of('a')]), ' ', $room->send('3', except: [$of('b')->id, $of('b'), $of('d'), 'unknown']), ' ', $room->send('4', true, new ArrayIterator([$of('a'), $of('b'), $of('c')])), "\n";
echo $received(), "\n";
echo $server->broadcast('5'), ' ', $server->broadcast('6', except: (function () use ($of) { yield $of('a'); yield $of('d')->id; })()), "\n";
echo $received(), "\n";
echo $room->sendJson(['ä' => 1.0, 'u' => 'a/b']), ' ', $server->room('everybody')->sendJson(null, [$of('a')]), ' ', $of('d')->sendJson('x')->name, "\n";
echo $received(), "\n";
attempt(fn () => $room->sendJson(NAN));
attempt(fn () => $of('a')->sendJson("\xff"));
attempt(fn () => $of('a')->sendJson(new class implements JsonSerializable { function jsonSerialize(): mixed { throw new DomainException('mine'); } }));
$a = $of('a');
$rooms = $a->rooms();
sort($rooms);
echo implode(' ', $rooms), "\n";
$clients['a']->send('leave room');
$clients['a']->receive();
echo count($room), ' ', $names($room->connections()), ' ', implode(' ', $a->rooms()), "\n";
$b = $of('b');
$b->close();
echo count($room), ' ', $names($room->connections()), ' ', json_encode($b->rooms()), ' ', $room->send('7'), ' ', $server->broadcast('8'), ' ', $server->count(), "\n";
$clients['c']->close();
pump($server, fn () => $server->count() === 2);
echo count($room), ' ', count($server->room('everybody')), ' ', count($server->room('never')), ' ', $room->send('9'), "\n";
unset($clients['b'], $clients['c']);
echo $received(), "\n";
?>
--EXPECT--
room 3 /a /b /c
3 2 2 0
a:1 a:3 b:1 b:2 c:1 c:2 c:3
4 2
a:5 b:5 b:6 c:5 c:6 d:5
3 3 Sent
a:{"ä":1.0,"u":"a/b"} b:{"ä":1.0,"u":"a/b"} b:null c:{"ä":1.0,"u":"a/b"} c:null d:null d:"x"
JsonException: Inf and NaN cannot be JSON encoded
JsonException: Malformed UTF-8 characters, possibly incorrectly encoded
DomainException: mine
everybody room
2 /b /c everybody
1 /c [] 1 3 3
0 2 0 0
a:8 d:8
