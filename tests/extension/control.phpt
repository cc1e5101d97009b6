--TEST--
The control endpoint delivers while PHP is blocked; users are known by token, by onHandshake and by authenticate()
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$secret = str_repeat('s', 32);
$server = server(['io_threads' => 2, 'control' => ['listen' => '127.0.0.1:0', 'secret' => $secret], 'jwt' => ['algorithms' => ['HS256'], 'key' => $secret, 'required' => false, 'required_claims' => []]]);
$jwt = function (string $user) use ($secret) {
    $encode = fn (string $s) => rtrim(strtr(base64_encode($s), '+/', '-_'), '=');
    $head = $encode('{"alg":"HS256","typ":"JWT"}') . '.' . $encode(json_encode(['sub' => $user]));
    return $head . '.' . $encode(hash_hmac('sha256', $head, $secret, true));
};
$server->onHandshake(fn ($handshake) => match ($handshake->path) {
    '/token', '/nobody' => true,
    default => new Ferry\Identity(substr($handshake->path, 1)),
});
$server->onOpen(fn ($connection) => $connection->join('r')->send('open'));
$server->onMessage(function ($connection, $data) use (&$authenticated) { $connection->authenticate($data); $authenticated = true; });
var_dump($server->controlAddress());
$url = $server->listen();
$clients = ['token' => Ferry\WsClient::connect("$url/token?token=" . $jwt('ann')), 'handshake' => Ferry\WsClient::connect("$url/bob"), 'message' => Ferry\WsClient::connect("$url/nobody")];
foreach ($clients as $client) { $client->receive(); }
$clients['message']->send($jwt('ann'));
pump($server, function () use (&$authenticated) { return $authenticated; });
$ask = function (string $method, string $path, string $body = '') use ($server, $secret) {
    $time = time(); $nonce = bin2hex(random_bytes(16));
    $signature = hash_hmac('sha256', "$method\n$path\n$time\n$nonce\n" . hash('sha256', $body), $secret);
    $context = stream_context_create(['http' => ['method' => $method, 'content' => $body, 'ignore_errors' => true, 'timeout' => 5,
        'header' => "Content-Type: application/json\r\nFerry-Timestamp: $time\r\nFerry-Nonce: $nonce\r\nFerry-Signature: $signature"]]);
    return file_get_contents("http://{$server->controlAddress()}$path", false, $context);
};
// PHP waits for the answer, so nothing of it runs meanwhile.
echo $ask('POST', '/publish', '{"rooms":"r","event":"a","data":{"x":1.0}}'), "\n";
echo $ask('POST', '/users/ann/publish', '{"event":"b"}'), $ask('POST', '/users/nobody/publish', '{"event":"c"}'), "\n";
echo $server->room('r')->publish('d', ['y' => 1.0]), $server->publishToUser('ann', 'e'), $server->publishToUser('bob', 'f', [1]), $server->publishToUser('', 'g'), "\n";
foreach ($clients as $name => $client) {
    echo $name, ':';
    while (($text = $client->receive(0.05)) !== null) { echo ' ', $text; }
    echo "\n";
}
echo $ask('POST', '/publish', '{}'), "\n";
echo $ask('POST', '/users/bob/disconnect', '{"code":4001}'), $server->disconnectUser('ann', 4002, 'bye'), $server->disconnectUser('ann'), "\n";
$stats = $server->stats();
echo json_encode([$stats->publishes, $stats->published, $stats->publishesRefused]), "\n";
foreach ($clients as $client) { $client->receive(); echo $client->closeCode(), $client->closeReason(), "\n"; }
attempt(fn () => $server->room('r')->publish(''));
attempt(fn () => $server->room('r')->publish("\xff"));
attempt(fn () => $server->room('r')->publish('e', NAN));
attempt(fn () => $server->disconnectUser('a', 1006));
attempt(fn () => new Ferry\WsServer(['control' => ['listen' => '[::1]:0', 'secret' => 'short']]));
$server->stop();
?>
--EXPECT--
NULL
{"delivered":3,"messages":[3]}
{"delivered":2,"messages":[2]}{"delivered":0,"messages":[0]}
3210
token: {"type":"a","data":{"x":1.0},"room":"r"} {"type":"b","data":null} {"type":"d","data":{"y":1.0},"room":"r"} {"type":"e","data":null}
handshake: {"type":"a","data":{"x":1.0},"room":"r"} {"type":"d","data":{"y":1.0},"room":"r"} {"type":"f","data":[1]}
message: {"type":"a","data":{"x":1.0},"room":"r"} {"type":"b","data":null} {"type":"d","data":{"y":1.0},"room":"r"} {"type":"e","data":null}
{"code":"malformed","detail":"The body cannot be used: missing field `event` at line 1 column 2.","status":422,"title":"Unprocessable Entity","type":"about:blank"}
{"disconnected":1}20
[3,5,{"malformed":1}]
4002bye
4001
4002bye
Ferry\Exception\InvalidArgumentException: Argument $event must have 1 to 255 bytes, 0 given
Ferry\Exception\InvalidArgumentException: Argument $event must be UTF-8
JsonException: Inf and NaN cannot be JSON encoded
Ferry\Exception\InvalidArgumentException: Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), 1006 given
Ferry\Exception\InvalidArgumentException: Option "control.secret" must be a string of at least 32 bytes that the publishers know, a string of 5 bytes given.
