--TEST--
No dump of any kind shows the token
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$key = str_repeat('k', 32);
function token(string $key, array $claims): string
{
    $part = fn (string $data) => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
    $data = $part('{"alg":"HS256","typ":"JWT"}') . '.' . $part(json_encode($claims));
    return "$data." . $part(hash_hmac('sha256', $data, $key, true));
}
$server = server(['jwt' => ['algorithms' => ['HS256'], 'key' => $key], 'token' => ['cookie' => 'auth'], 'allowed_origins' => ['https://example.org']]);
$token = token($key, ['sub' => 'ann', 'exp' => time() + 60]);
function dumps(object $o): void
{
    // Not an argument: the traces below show those.
    global $token;
    ob_start();
    var_dump($o); print_r($o); var_export($o); echo json_encode($o); print_r((array) $o); print_r(get_object_vars($o));
    foreach ($o as $k => $v) { echo $k, is_scalar($v) ? $v : json_encode($v); }
    echo $o == clone_of($o) ? 1 : 0;
    var_dump($o); var_export($o);
    foreach ([fn () => serialize($o), fn () => throws($o), fn () => $GLOBALS['connection']->authenticate($token . 'x'), fn () => new Ferry\Identity('a', [1], [], $token)] as $f) {
        try { $f(); } catch (Throwable $e) { echo $e; print_r($e->getTrace()); }
    }
    $text = ob_get_clean();
    [$header, $payload, $signature] = explode('.', $token);
    var_dump(strlen($text) > 500, str_contains($text, $token), str_contains(rawurldecode($text), $signature), str_contains($text, 'ann') || $o instanceof Ferry\Handshake || $o instanceof Ferry\Connection);
}
function clone_of($o) { return $o instanceof Ferry\Handshake ? $GLOBALS['connection']->handshake() : new Ferry\Identity('ann', [], [], 'other'); }
function throws($o) { throw new Exception('with arguments'); }
$GLOBALS['ways'] = [
    'query' => ['?token=' . $token, []],
    'percent-encoded query' => ['?token=' . preg_replace_callback('/[a-z]/', fn ($m) => sprintf('%%%02X', ord($m[0])), $token), []],
    'header' => ['', ['Authorization' => "Bearer $token"]],
    'cookie' => ['', ['Cookie' => "a=b; auth=$token", 'Origin' => 'https://example.org']],
    'subprotocol' => ['', ['Sec-WebSocket-Protocol' => "bearer, $token"]],
    'two places' => ["?x[y][]=$token&token=$token", ['Referer' => "https://example.org/?token=$token"]],
];
$url = $server->listen();
foreach ($ways as $name => [$query, $headers]) {
    echo "-- $name\n";
    $connection = null;
    $server->onOpen(function ($c) use (&$connection) { $connection = $c; });
    try {
        $client = Ferry\WsClient::connect("$url/$query", $headers + ['Origin' => 'https://example.org']);
    } catch (Throwable $e) { echo get_class($e), $e->getCode(), "\n"; continue; }
    pump($server, function () use (&$connection) { return $connection; });
    var_dump($connection->handshake()->token === $token, $connection->identity()->token === $token);
    dumps($connection->handshake());
    dumps($connection->identity());
    var_dump($connection->handshake()->token === $token, $connection->identity()->token === $token);
}
?>
--EXPECT--
-- query
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
-- percent-encoded query
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
-- header
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
-- cookie
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
-- subprotocol
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
-- two places
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
