--TEST--
HttpClient: https with a root of one's own, answered by a WsServer of the same process
--FILE--
<?php
require __DIR__.'/lib/ferry.inc';
$files = dirname(__DIR__).'/fixtures/tls';
$server = server(['tls' => ['cert' => "$files/local.pem", 'key' => "$files/local.key"], 'health_path' => '/health']);
$url = str_replace('wss:', 'https:', $server->listen()).'/health';
$client = new Ferry\HttpClient(['ca_file' => "$files/ca.pem", 'proxy' => false]);
echo json_decode($client->request('GET', $url)->body())->status, "\n";
echo $client->request('GET', str_replace('127.0.0.1', 'localhost', $url))->statusCode(), "\n";
attempt(fn () => (new Ferry\HttpClient(['proxy' => false]))->request('GET', $url));
attempt(fn () => $client->request('GET', str_replace('127.0.0.1', '127.0.0.2', $url)));
attempt(fn () => $client->request('GET', str_replace('https:', 'http:', $url))->statusCode());
$server->stop(grace: 0.1);
?>
--EXPECTF--
ok
200
Ferry\Exception\ConnectException: Cannot connect to 127.0.0.1:%d: %SUnknownIssuer%S
Ferry\Exception\ConnectException: Cannot connect to 127.0.0.2:%d: %s
400
