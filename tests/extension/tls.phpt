--TEST--
wss: WsClient checks the server's certificate; plain and TLS addresses side by side
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$files = dirname(__DIR__) . '/fixtures/tls';
$tls = ['cert' => "$files/local.pem", 'key' => "$files/local.key"];
$trust = ['ca' => "$files/ca.pem"];
$server = server(['tls' => $tls]);
$server->onMessage(function ($c, $data) { $c->send("$c->remoteAddress says $data"); });
$url = $server->listen();
var_dump(preg_match('~^wss://127\.0\.0\.1:\d+$~', $url));
$client = Ferry\WsClient::connect($url, tls: $trust);
$client->send('hello');
var_dump($client->receive());
$client->send($big = str_repeat('x', 300_000));
var_dump($client->receive() === "127.0.0.1 says $big");
$client->close(4000);
var_dump($client->closeCode());
$client = Ferry\WsClient::connect(str_replace('127.0.0.1', 'localhost', $url), tls: $trust);
$client->close();
$client = Ferry\WsClient::connect($url, tls: ['verify' => false]);
$client->close();
var_dump($client->closeCode());
function refused(string $url, array $tls = []): void
{
    global $files;
    try {
        Ferry\WsClient::connect($url, tls: $tls);
        echo "connected\n";
    } catch (Ferry\Exception\ExceptionInterface $e) {
        echo $e::class, ': ', str_replace($files, 'FILES', $e->getMessage()), "\n";
    }
}
refused($url);
refused($url, $trust + ['name' => 'other.example']);
refused(str_replace('wss:', 'ws:', $url));
refused($url, ['ca' => "$files/none.pem"]);
refused($url, ['ca' => "$files/local.key"]);
refused($url, ['ca' => 5]);
refused($url, ['verify' => 0]);
refused($url, ['name' => []]);
refused($url, ['name' => 'not a name']);
refused($url, ['cafile' => 'x']);
refused($url, ['x']);
refused('http://localhost/');
pump($server, fn () => $server->stats()->refused === ['tls_handshake' => 3]);
$server->stop(grace: 1.0);

$both = new Ferry\WsServer(['listen' => ['127.0.0.1:0', ['address' => '127.0.0.1:0', 'tls' => true]], 'tls' => $tls]);
$both->onMessage(fn ($c, $data) => $both->broadcast($data));
$both->listen();
[$plain, $secure] = $both->addresses();
echo parse_url($plain, PHP_URL_SCHEME), ' ', parse_url($secure, PHP_URL_SCHEME), "\n";
$one = Ferry\WsClient::connect($plain);
$two = Ferry\WsClient::connect($secure, tls: $trust);
pump($both, fn () => $both->count() === 2);
$one->send('to both');
var_dump($two->receive(), $one->receive());
$both->stop(grace: 0.1);
?>
--EXPECTF--
int(1)
string(20) "127.0.0.1 says hello"
bool(true)
int(4000)
int(1000)
Ferry\Exception\ConnectionException: Cannot connect: %SUnknownIssuer%S
Ferry\Exception\ConnectionException: Cannot connect: %Snot valid for name "other.example"%S
Ferry\Exception\ConnectionException: The server refused the handshake with 400 Bad Request: %SThis port speaks TLS: use https:// or wss://.%S
Ferry\Exception\InvalidArgumentException: Argument $tls has "ca", which must be the path of a PEM file, and "FILES/none.pem" cannot be read: %SNo such file%S
Ferry\Exception\InvalidArgumentException: Argument $tls has "ca", which must be the path of a PEM file, and "FILES/local.key" holds no certificate
Ferry\Exception\InvalidArgumentException: Argument $tls has "ca", which must be null or the path of a PEM file
Ferry\Exception\InvalidArgumentException: Argument $tls has "verify", which must be a bool
Ferry\Exception\InvalidArgumentException: Argument $tls has "name", which must be null or a host name
Ferry\Exception\InvalidArgumentException: The host of $url is no name that a certificate can have
Ferry\Exception\InvalidArgumentException: Argument $tls has "cafile", which is unknown; known are ca, verify, name
Ferry\Exception\InvalidArgumentException: Argument $tls has "0", which is unknown; known are ca, verify, name
Ferry\Exception\InvalidArgumentException: Argument $url must be a ws:// or wss:// URL
ws wss
string(7) "to both"
string(7) "to both"
