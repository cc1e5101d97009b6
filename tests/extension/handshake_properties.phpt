--TEST--
A handshake shows the request as PHP shows requests
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['subprotocols' => ['chat.v2', 'chat.v1']]);
$server->onOpen(function ($c) {
    if ($c->handshake()->path === '/') { return; }
    $h = $c->handshake();
    echo json_encode([$h->method, $h->path, $h->query, $h->cookies, $h->subprotocols, $h->subprotocol, $h->remoteAddress, $h->token], JSON_UNESCAPED_SLASHES), "\n";
    foreach (['x-one', 'X-Two', 'cookie', 'nothing'] as $name) { var_dump($h->header($name)); }
    var_dump($h->headers['x-two'], isset($h->headers['X-Two']), $h->identity(), $h->claims());
    $c->send('ok');
});
$url = $server->listen();
$client = Ferry\WsClient::connect("$url/a%20b/c?x=1&y[]=2&y[]=3&z[k]=v&empty&a.b=c", ['X-One' => '1', 'X-Two' => 'a, b', 'Cookie' => 'first=a%20b; second="q"; first=later; broken; =x'], ['chat.v1', 'other', 'chat.v2']);
var_dump($client->subprotocol(), $client->receive());
// As browsers do, the client gives up when none of its subprotocols was chosen.
attempt(fn () => Ferry\WsClient::connect($url, [], ['other']));
?>
--EXPECT--
["GET","/a%20b/c",{"x":"1","y":["2","3"],"z":{"k":"v"},"empty":"","a_b":"c"},{"first":"a b","second":"\"q\""},["chat.v1","other","chat.v2"],"chat.v2","127.0.0.1",null]
string(1) "1"
string(4) "a, b"
string(48) "first=a%20b; second="q"; first=later; broken; =x"
NULL
string(4) "a, b"
bool(false)
NULL
array(0) {
}
string(7) "chat.v2"
string(2) "ok"
Ferry\Exception\ConnectionException: Cannot connect: WebSocket protocol error: SubProtocol error: Server sent no subprotocol
