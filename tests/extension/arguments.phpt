--TEST--
Wrong arguments are refused by name
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$client = Ferry\WsClient::connect($server->listen());
pump($server, fn () => $server->count() === 1);
$c = $server->connections()[0];
$tries = [
    fn () => $c->close(1005), fn () => $c->close(999), fn () => $c->close(1006), fn () => $c->close(2000), fn () => $c->close(5000), fn () => $c->close(-1),
    fn () => $c->close(1000, str_repeat('x', 124)), fn () => $c->close(1000, "\xff"), fn () => $c->close(65536 + 1000),
    fn () => $c->ping(str_repeat('x', 126)), fn () => $c->send("\xff"), fn () => $server->broadcast("\xff"), fn () => $server->room('r')->send("\xff"),
    fn () => $c->send("\xff", true)->name, fn () => $c->ping(str_repeat("\xff", 125)),
    fn () => $c->join(''), fn () => $c->join('fine', str_repeat('x', 256)), fn () => $c->join("\xff"), fn () => $c->rooms(), fn () => $server->room(''),
    fn () => $server->broadcast('x', false, [1]), fn () => $server->broadcast('x', false, [new stdClass]), fn () => $server->broadcast('x', false, [null]),
    fn () => $server->broadcast('x', false, ['unknown id', '', $c->id . 'x']), fn () => $server->broadcast('x', false, (function () { yield 1 => new DateTime; })()),
    fn () => $server->broadcast('x', false, (function () { yield $GLOBALS['c']; throw new Exception('from the generator'); })()),
    fn () => $server->broadcast('x', false, 'string'), fn () => $server->poll(-0.1), fn () => $server->poll(NAN), fn () => $server->poll(INF),
    fn () => $server->poll(0, 0), fn () => $server->poll(0, 65537), fn () => $server->poll(0, -5), fn () => $server->stop(1005), fn () => $server->stop(1001, "\xff"),
    fn () => $server->stop(1001, '', -1), fn () => $server->stop(1001, '', NAN), fn () => $server->on('nothing', 'time'), fn () => $server->onOpen('no function'),
    fn () => $server->connection("\0")?->id, fn () => $client->receive(-1), fn () => $client->close(1005), fn () => $client->send("\xff"),
    fn () => Ferry\WsClient::connect('http://127.0.0.1'), fn () => Ferry\WsClient::connect('nonsense'), fn () => Ferry\WsClient::connect('ws://127.0.0.1:1'),
    fn () => Ferry\WsClient::connect('ws://127.0.0.1', ["a b" => 'x']), fn () => Ferry\WsClient::connect('ws://127.0.0.1', ['a' => "x\r\nb: c"]),
    fn () => new Ferry\Identity('ann', [1]), fn () => new Ferry\Identity('ann', ['a'], ['c' => 1], 'token', 5),
];
foreach ($tries as $try) {
    attempt($try);
}
?>
--EXPECT--
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 1005 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 999 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 1006 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 2000 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 5000 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), -1 given
Ferry\Exception\InvalidArgumentException: Argument $reason must have at most 123 bytes, 124 given
Ferry\Exception\InvalidArgumentException: Argument $reason must be UTF-8
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 66536 given
Ferry\Exception\InvalidArgumentException: Argument $data must have at most 125 bytes (RFC 6455 section 5.5), 126 given
Ferry\Exception\InvalidArgumentException: Argument $data must be UTF-8 for a text message; send it with $binary = true
Ferry\Exception\InvalidArgumentException: Argument $data must be UTF-8 for a text message; send it with $binary = true
Ferry\Exception\InvalidArgumentException: Argument $data must be UTF-8 for a text message; send it with $binary = true
"Sent"
null
Ferry\Exception\InvalidArgumentException: A room name must have 1 to 255 bytes, 0 given
Ferry\Exception\InvalidArgumentException: A room name must have 1 to 255 bytes, 256 given
Ferry\Exception\InvalidArgumentException: A room name must be UTF-8
[]
Ferry\Exception\InvalidArgumentException: A room name must have 1 to 255 bytes, 0 given
Ferry\Exception\InvalidArgumentException: Argument $except must hold Ferry\Connection objects or their ids, int given
Ferry\Exception\InvalidArgumentException: Argument $except must hold Ferry\Connection objects or their ids, stdClass given
Ferry\Exception\InvalidArgumentException: Argument $except must hold Ferry\Connection objects or their ids, null given
1
Ferry\Exception\InvalidArgumentException: Argument $except must hold Ferry\Connection objects or their ids, DateTime given
Exception: from the generator
TypeError: Invalid value given for argument `except`.
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, -0.1 given
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, NAN given
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, INF given
Ferry\Exception\InvalidArgumentException: Argument $maxEvents must be an integer from 1 to 65536, 0 given
Ferry\Exception\InvalidArgumentException: Argument $maxEvents must be an integer from 1 to 65536, 65537 given
Ferry\Exception\InvalidArgumentException: Argument $maxEvents must be an integer from 1 to 65536, -5 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 1005 given
Ferry\Exception\InvalidArgumentException: Argument $reason must be UTF-8
Ferry\Exception\InvalidArgumentException: Argument $grace must be a number of seconds from 0 to 31536000, -1 given
Ferry\Exception\InvalidArgumentException: Argument $grace must be a number of seconds from 0 to 31536000, NAN given
Ferry\Exception\InvalidArgumentException: Argument $event must be handshake, open, message, close, error or authenticate, "nothing" given
TypeError: Invalid value given for argument `callback`.
null
Ferry\Exception\InvalidArgumentException: Argument $timeout must be a number of seconds from 0 to 31536000, -1 given
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 1005 given
Ferry\Exception\InvalidArgumentException: Argument $data must be UTF-8 for a text message; send it with $binary = true
Ferry\Exception\InvalidArgumentException: Argument $url must be a ws:// or wss:// URL
Ferry\Exception\InvalidArgumentException: Argument $url must be a ws:// or wss:// URL
Ferry\Exception\ConnectionException: Cannot connect: Connection refused (os error 111)
Ferry\Exception\InvalidArgumentException: Argument $headers has an invalid field "a b"
Ferry\Exception\InvalidArgumentException: Argument $headers has an invalid field "a"
Ferry\Exception\InvalidArgumentException: Argument $roles must hold strings, int given
Ferry\Identity
