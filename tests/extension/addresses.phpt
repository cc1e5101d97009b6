--TEST--
listen(): the real address, taken ports, Unix sockets
--EXTENSIONS--
sockets
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
attempt(fn () => $server->poll());
attempt(fn () => $server->stream());
attempt(fn () => $server->stop());
$url = $server->listen();
var_dump(preg_match('~^ws://127\.0\.0\.1:[1-9]\d*$~', $url), $server->listen() === $url, $server->isRunning());
$port = (int) substr(strrchr($url, ':'), 1);
try { (new Ferry\WsServer(['port' => $port]))->listen(); } catch (Ferry\Exception\RuntimeException $e) { echo str_replace("$port", 'PORT', $e->getMessage()), "\n"; }
try { (new Ferry\WsServer(['host' => '192.0.2.1', 'port' => 0]))->listen(); } catch (Ferry\Exception\RuntimeException $e) { echo $e->getMessage(), "\n"; }
$six = @(new Ferry\WsServer(['host' => '::1', 'port' => 0]));
try { var_dump(str_starts_with($six->listen(), 'ws://[::1]:')); } catch (Ferry\Exception\RuntimeException $e) { var_dump(true); }

$directory = sys_get_temp_dir() . '/ferry-' . getmypid();
mkdir($directory);
$path = "$directory/s.sock";
$unix = new Ferry\WsServer(['unix' => $path]);
var_dump($unix->listen() === "unix:$path", filetype($path));
try { (new Ferry\WsServer(['unix' => $path]))->listen(); } catch (Ferry\Exception\RuntimeException $e) { echo str_replace($directory, 'DIR', $e->getMessage()), "\n"; }
$unix->onOpen(fn ($c) => var_dump($c->remoteAddress));
$socket = stream_socket_client("unix://$path");
fwrite($socket, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " . base64_encode(str_repeat('k', 16)) . "\r\n\r\n");
pump($unix, fn () => $unix->count() === 1);
echo fgets($socket);
$unix->stop(grace: 0.1);
var_dump(file_exists($path));
// What a killed server leaves is replaced; a file that is no socket is not.
$stale = socket_create(AF_UNIX, SOCK_STREAM, 0);
socket_bind($stale, $path);
socket_close($stale);
var_dump(filetype($path));
$unix->listen();
unset($unix);
var_dump(file_exists($path));
$several = new Ferry\WsServer(['listen' => ['127.0.0.1:0', ['address' => "unix:$path", 'mode' => 0600], '127.0.0.1:0']]);
var_dump($several->addresses());
$first = $several->listen();
$all = $several->addresses();
clearstatcache();
var_dump($all[0] === $first, $all[1] === "unix:$path", count(array_unique($all)), decoct(fileperms($path) & 0777));
foreach ([$all[0], $all[2]] as $url) {
    $clients[] = Ferry\WsClient::connect($url);
}
pump($several, fn () => $several->count() === 2);
$several->stop(grace: 0.1);
var_dump($several->addresses(), file_exists($path));
file_put_contents($path, 'data');
try { (new Ferry\WsServer(['unix' => $path]))->listen(); } catch (Ferry\Exception\RuntimeException $e) { echo str_replace($directory, 'DIR', $e->getMessage()), "\n"; }
var_dump(file_get_contents($path));
unlink($path);
rmdir($directory);
?>
--EXPECT--
Ferry\Exception\LogicException: The server does not listen: call listen() first
Ferry\Exception\LogicException: The server does not listen: call listen() first
null
int(1)
bool(true)
bool(true)
Cannot listen on 127.0.0.1:PORT: Address already in use (os error 98)
Cannot listen on 192.0.2.1:0: Cannot assign requested address (os error 99)
bool(true)
bool(true)
string(6) "socket"
Cannot listen on unix:DIR/s.sock: Address already in use (os error 98)
string(5) "unix:"
HTTP/1.1 101 Switching Protocols
bool(false)
string(6) "socket"
bool(false)
array(0) {
}
bool(true)
bool(true)
int(3)
string(3) "600"
array(0) {
}
bool(false)
Cannot listen on unix:DIR/s.sock: Address already in use (os error 98)
string(4) "data"
