--TEST--
onAuthenticate() decides about tokens that authenticate() has verified
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$key = str_repeat('k', 32);
function token(string $user): string
{
    $part = fn (string $data) => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
    $data = $part('{"alg":"HS256","typ":"JWT"}') . '.' . $part(json_encode(['sub' => $user, 'exp' => time() + 60]));
    return "$data." . $part(hash_hmac('sha256', $data, $GLOBALS['key'], true));
}
$server = server(['jwt' => ['algorithms' => ['HS256'], 'key' => $key]]);
$connection = null;
$server->onOpen(function ($c) use (&$connection) { $connection = $c; });
$server->onAuthenticate(function (Ferry\Connection $c, Ferry\Identity $identity) use (&$connection) {
    echo $c === $connection ? 'the connection' : 'another', ' of ', $c->identity()->userIdentifier, ' would be ', $identity->userIdentifier, "\n";
    return match ($identity->userIdentifier) {
        'refused' => false,
        'thrown' => throw new DomainException('by the callback'),
        'nested' => $c->authenticate(token('inner'))->userIdentifier === 'inner',
        'closed' => $c->close(4000),
        'inner' => true,
        default => null,
    };
});
$client = Ferry\WsClient::connect($server->listen() . '/?token=' . token('ann'));
pump($server, function () use (&$connection) { return $connection; });
foreach (['bob', 'refused', 'thrown', 'nested', 'closed'] as $user) {
    try {
        echo $connection->authenticate(token($user))->userIdentifier, "\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), $e->getPrevious() ? ' after another' : '', "\n";
    }
    echo $connection->identity()->userIdentifier, "\n";
}
attempt(fn () => $connection->authenticate('nonsense'));
attempt(fn () => $server->on('sleep', fn () => null));
$last = server(['jwt' => ['algorithms' => ['HS256'], 'key' => $key]]);
$last->on('authenticate', function () { exit("left\n"); });
$last->onOpen(fn ($c) => print $c->authenticate(token('zoe'))->userIdentifier);
$client = Ferry\WsClient::connect($last->listen() . '/?token=' . token('ann'));
pump($last, fn () => false);
echo "not reached\n";
?>
--EXPECT--
the connection of ann would be bob
bob
bob
the connection of bob would be refused
Ferry\Exception\AuthenticationException: The token was refused
bob
the connection of bob would be thrown
DomainException: by the callback
bob
the connection of bob would be nested
the connection of bob would be inner
nested
nested
the connection of nested would be closed
closed
closed
Ferry\Exception\AuthenticationException: The token is malformed or not supported
Ferry\Exception\InvalidArgumentException: Argument $event must be handshake, open, message, close, error or authenticate, "sleep" given
left
