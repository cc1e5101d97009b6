--TEST--
onHandshake accepts with true, null or an identity and refuses with false or a status
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['handshake_callback_timeout' => 0.3]);
$open = [];
$server->onOpen(function ($c) use (&$open) { $open[] = $c; });
$server->onHandshake(function (Ferry\Handshake $h) {
    return match ($h->path) {
        '/true' => true, '/null' => null, '/identity' => new Ferry\Identity('ann', ['ROLE_USER'], ['team' => 7]),
        '/false' => false, '/404' => 404, '/599' => 599, '/200' => 200, '/600' => 600, '/string' => 'yes', '/array' => [], '/object' => new stdClass,
        '/slow' => usleep(600_000), '/nothing' => (function () {})(),
    };
});
$server->onError(fn ($c, $e) => null);
$url = $server->listen();
foreach (['true', 'null', 'identity', 'false', '404', '599', '200', '600', 'string', 'array', 'object', 'nothing'] as $path) {
    echo "$path ", status("$url/$path"), "\n";
}
pump($server, function () use (&$open) { return count($open) === 4; });
echo json_encode(array_map(fn ($c) => [$c->handshake()->path, $c->identity()?->userIdentifier, $c->identity()?->roles, $c->claims()], $open), JSON_UNESCAPED_SLASHES), "\n";
// The answer comes too late: the client has its 503, nothing opens.
$count = count($open);
echo 'slow ', status("$url/slow"), "\n";
$server->poll(0.1);
// The client goes while PHP decides.
$gone = stream_socket_client('tcp' . substr($url, 2));
$server->onHandshake(function () use ($gone) { fclose($gone); usleep(100_000); return true; });
fwrite($gone, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " . base64_encode(str_repeat('k', 16)) . "\r\n\r\n");
pump($server, fn () => !is_resource($gone));
foreach (range(1, 10) as $_) { $server->poll(0.02); }
$server->onHandshake(fn () => true);
echo 'after ', status("$url/after"), "\n";
pump($server, function () use (&$open, $count) { return count($open) > $count; });
pump($server, fn () => count($server->connections()) === 0);
echo end($open)->handshake()->path, "\n";
echo json_encode($server->stats()->refused), "\n";
?>
--EXPECTF--
true 101
null 101
identity 101
false 403
404 404
599 599
200 500
600 500
string 500
array 500
object 500
nothing 101
[["/true",null,null,[]],["/null",null,null,[]],["/identity","ann",["ROLE_USER"],{"team":7}],["/nothing",null,null,[]]]
slow 503
after 101
/after
{"callback":8,"callback_timeout":1}
