--TEST--
A room's history: offsets, resuming by query and by resume(), a gap, bad arguments
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['io_threads' => 2, 'history' => ['rooms' => ['lobby' => ['messages' => 3], 'short.*' => ['seconds' => 0.01]]]]);
$server->onOpen(fn ($connection) => $connection->handshake()->path === '/late' ? null : $connection->join('lobby'));
$server->onMessage(fn ($connection, $data) => $connection->resume(json_decode($data, true))->join('lobby'));
$url = $server->listen();
$show = function (Ferry\WsClient $client, int $frames) use (&$offset) {
    while ($frames-- > 0) {
        $frame = json_decode($client->receive(), true);
        $offset = $frame['offset'];
        unset($frame['offset']);
        echo json_encode($frame), ' ';
    }
    echo "\n";
};
$first = Ferry\WsClient::connect($url);
$show($first, 1);
$room = $server->room('lobby');
echo $room->publish('e', 1), "\n";
$show($first, 1);
$seen = $offset;
$first->close();
pump($server, fn () => $server->count() === 0);
foreach ([2, 3, 4] as $n) { echo $room->publish('e', $n); }
echo "\n";
$second = Ferry\WsClient::connect("$url/?since=$seen");
$show($second, 4);
$late = Ferry\WsClient::connect("$url/late");
$late->send(json_encode(['lobby' => $seen, 'other' => 'nonsense']));
$show($late, 4);
echo $room->publish('e', 5), "\n";
$show($second, 1);
$gap = Ferry\WsClient::connect("$url/?since=$seen");
$show($gap, 1);
$elsewhere = Ferry\WsClient::connect("$url/late");
$elsewhere->send('{"lobby":"nonsense"}');
$show($elsewhere, 1);
foreach ([5, ['rooms' => ['a' => []]], ['rooms' => ['a' => ['messages' => 0]]], ['rooms' => []]] as $bad) {
    attempt(fn () => new Ferry\WsServer(['history' => $bad]));
}
$server->stop();
?>
--EXPECT--
{"room":"lobby","type":"offset"} 
1
{"type":"e","data":1,"room":"lobby"} 
000
{"type":"e","data":2,"room":"lobby"} {"type":"e","data":3,"room":"lobby"} {"type":"e","data":4,"room":"lobby"} {"missed":3,"recovered":true,"room":"lobby","type":"resumed"} 
{"type":"e","data":2,"room":"lobby"} {"type":"e","data":3,"room":"lobby"} {"type":"e","data":4,"room":"lobby"} {"missed":3,"recovered":true,"room":"lobby","type":"resumed"} 
2
{"type":"e","data":5,"room":"lobby"} 
{"missed":0,"recovered":false,"room":"lobby","type":"resumed"} 
{"missed":0,"recovered":false,"room":"lobby","type":"resumed"} 
Ferry\Exception\InvalidArgumentException: Option "history" must be an array, an int given.
Ferry\Exception\InvalidArgumentException: Option "history.rooms[a]" is required: "messages", "seconds" or both.
Ferry\Exception\InvalidArgumentException: Option "history.rooms[a].messages" must be an integer from 1 to 1000000, 0 given.
Ferry\Exception\InvalidArgumentException: Option "history.rooms" must be a non-empty array of pattern => array with "messages" and "seconds", an empty array given.
