--TEST--
Tokens: found in each place, verified without PHP, claims, authenticate(), expiry
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$key = str_repeat('k', 32);
function token(array $claims, ?string $key = null): string
{
    $part = fn (string $data) => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
    $data = $part('{"alg":"HS256","typ":"JWT"}') . '.' . $part(json_encode($claims));
    return "$data." . $part(hash_hmac('sha256', $data, $key ?? $GLOBALS['key'], true));
}
$jwt = ['algorithms' => ['HS256'], 'key' => $key, 'issuer' => 'me', 'audience' => ['chat'], 'roles_claim' => 'roles'];
$server = server(['jwt' => $jwt, 'token' => ['cookie' => 'auth'], 'allowed_origins' => ['https://example.org']]);
$claims = ['sub' => 'ann', 'iss' => 'me', 'aud' => 'chat', 'exp' => time() + 60, 'roles' => ['ROLE_A', 'ROLE_B'], 'deep' => ['list' => [1, 2.5, null, true], 'empty' => []]];
$good = token($claims);
$asked = 0;
$connection = null;
$server->onHandshake(function ($h) use (&$asked) { ++$asked; echo $h->identity()->userIdentifier, ' ', implode(',', $h->identity()->roles), ' ', $h->claims()['iss'], "\n"; return true; });
$server->onOpen(function ($c) use (&$connection) { $connection = $c; });
$url = $server->listen();
$origin = ['Origin' => 'https://example.org'];
echo status("$url/?token=$good", $origin), status($url, $origin + ['Authorization' => "Bearer $good"]), status($url, $origin + ['Cookie' => "auth=$good"]), "\n";
$client = Ferry\WsClient::connect($url, $origin, ['bearer', $good]);
var_dump($client->subprotocol());
pump($server, function () use (&$connection) { return $connection?->handshake()->subprotocols === []; });
$asked = 0;
$refused = [
    'none' => '', 'malformed' => '?token=x', 'wrong key' => '?token=' . token($claims, str_repeat('x', 32)), 'expired' => '?token=' . token(['exp' => time() - 5] + $claims),
    'wrong issuer' => '?token=' . token(['iss' => 'you'] + $claims), 'wrong audience' => '?token=' . token(['aud' => 'x'] + $claims), 'no expiry' => '?token=' . token(array_diff_key($claims, ['exp' => 0])),
    'algorithm none' => '?token=' . rtrim(strtr(base64_encode('{"alg":"none"}'), '+/', '-_'), '=') . '.' . explode('.', $good)[1] . '.',
];
foreach ($refused as $name => $query) { echo "$name ", status("$url/$query", $origin), "\n"; }
echo "PHP was asked $asked times\n";
$c = $connection;
echo json_encode($c->claims()['deep'], JSON_PRESERVE_ZERO_FRACTION), ' ', $c->identity()->expiresAt === $claims['exp'] ? 'expiry' : 'no expiry', ' ', $c->identity() === $c->identity() ? 'same object' : 'other object', "\n";
attempt(fn () => $c->authenticate('nonsense'));
attempt(fn () => $c->authenticate(token(['exp' => time() - 5] + $claims)));
echo $c->identity()->userIdentifier, "\n";
$identity = $c->authenticate(token(['sub' => 'bob', 'exp' => time() + 1] + $claims));
var_dump($identity->userIdentifier, $c->identity() === $identity, $c->claims()['sub']);
$start = microtime(true);
echo closed($client), ' ', microtime(true) - $start < 20 ? 'in time' : 'late', "\n";
attempt(fn () => $c->authenticate($good)->userIdentifier);
// With a leeway the connection lives as long as the token is accepted.
$lenient = server(['jwt' => ['leeway' => 2, 'expired_close_code' => 4999] + $jwt]);
$lenient->onOpen(function ($c) use (&$connection) { $connection = $c; });
$client = Ferry\WsClient::connect($lenient->listen() . '/?token=' . token(['exp' => $exp = time() + 1] + $claims));
echo closed($client), ' ', microtime(true) >= $exp + 2 ? 'after the leeway' : 'at once', "\n";
// An identity of onHandshake has an expiry of its own.
$own = server();
$own->onHandshake(fn () => new Ferry\Identity('carl', expiresAt: time() + 1));
$client = Ferry\WsClient::connect($own->listen());
echo closed($client), "\n";
attempt(fn () => server()->room('x') && $own->after(0, fn () => null) && $connection);
attempt(function () use ($own) { $client = Ferry\WsClient::connect($own->listen()); pump($own, fn () => $own->count() === 1); $own->connections()[0]->authenticate('x'); });
?>
--EXPECT--
ann ROLE_A,ROLE_B me
101ann ROLE_A,ROLE_B me
101ann ROLE_A,ROLE_B me
101
ann ROLE_A,ROLE_B me
string(6) "bearer"
none 401
malformed 401
wrong key 401
expired 401
wrong issuer 401
wrong audience 401
no expiry 401
algorithm none 401
PHP was asked 0 times
{"empty":[],"list":[1,2.5,null,true]} expiry same object
Ferry\Exception\AuthenticationException: The token is malformed or not supported
Ferry\Exception\AuthenticationException: The token has expired
ann
string(3) "bob"
bool(true)
string(3) "bob"
4401 token expired in time
"ann"
4999 token expired after the leeway
4401 token expired
true
Ferry\Exception\LogicException: authenticate() needs the server's "jwt" option
