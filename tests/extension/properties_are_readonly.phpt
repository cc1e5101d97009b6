--TEST--
Properties are read-only and say so as PHP does; objects cannot be made, cloned or serialized by scripts
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$client = Ferry\WsClient::connect($server->listen());
pump($server, fn () => $server->count() === 1);
$c = $server->connections()[0];
$objects = [
    'id' => $c,
    'path' => $c->handshake(),
    'headers' => $c->handshake(),
    'userIdentifier' => new Ferry\Identity('ann'),
    'roles' => new Ferry\Identity('ann'),
    'connections' => $server->stats(),
];
foreach ($objects as $name => $object) {
    attempt(function () use ($object, $name) { $object->$name = 'x'; });
    attempt(function () use ($object, $name) { unset($object->$name); });
    attempt(function () use ($object, $name) { $r = &$object->$name; $r = 'x'; });
    attempt(function () use ($object, $name) { $object->$name[] = 'x'; });
    attempt(function () use ($object, $name) { $object->$name .= 'x'; });
    attempt(fn () => (new ReflectionProperty($object, $name))->setValue($object, 'x'));
}
attempt(function () use ($c) { foreach ($c as $k => &$v) { $v = 'x'; } });
attempt(function () use ($c) { $c->id = 'x'; });
attempt(function () use ($c) { $c->id .= 'x'; });
attempt(function () use ($c) { unset($c->id); });
attempt(fn () => $server->connection($c->id) === $c);
$made = [$server, $c, $c->handshake(), $server->room('r'), $server->after(9, 'time'), $server->stats(), $client, new Ferry\Identity('ann')];
foreach ($made as $object) {
    $class = get_class($object);
    echo "-- $class\n";
    attempt(fn () => clone $object);
    attempt(fn () => serialize($object));
    attempt(fn () => unserialize('O:' . strlen($class) . ":\"$class\":0:{}"));
    attempt(fn () => (new ReflectionClass($class))->newInstanceWithoutConstructor());
    if ($object instanceof Ferry\WsServer || $object instanceof Ferry\Identity) {
        attempt(fn () => $object->__construct('user'));
        continue;
    }
    attempt(fn () => new $class());
    attempt(fn () => (new ReflectionClass($class))->newInstance());
    attempt(fn () => $object->__construct());
}
?>
--EXPECTF--
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot unset readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Handshake::$path
Error: Cannot unset readonly property Ferry\Handshake::$path
Error: Cannot modify readonly property Ferry\Handshake::$path
Error: Cannot modify readonly property Ferry\Handshake::$path
Error: Cannot modify readonly property Ferry\Handshake::$path
Error: Cannot modify readonly property Ferry\Handshake::$path
Error: Cannot modify readonly property Ferry\Handshake::$headers
Error: Cannot unset readonly property Ferry\Handshake::$headers
Error: Cannot modify readonly property Ferry\Handshake::$headers
Error: Cannot modify readonly property Ferry\Handshake::$headers
Error: Cannot modify readonly property Ferry\Handshake::$headers
Error: Cannot modify readonly property Ferry\Handshake::$headers
Error: Cannot modify readonly property Ferry\Identity::$userIdentifier
Error: Cannot unset readonly property Ferry\Identity::$userIdentifier
Error: Cannot modify readonly property Ferry\Identity::$userIdentifier
Error: Cannot modify readonly property Ferry\Identity::$userIdentifier
Error: Cannot modify readonly property Ferry\Identity::$userIdentifier
Error: Cannot modify readonly property Ferry\Identity::$userIdentifier
Error: Cannot modify readonly property Ferry\Identity::$roles
Error: Cannot unset readonly property Ferry\Identity::$roles
Error: Cannot modify readonly property Ferry\Identity::$roles
Error: Cannot modify readonly property Ferry\Identity::$roles
Error: Cannot modify readonly property Ferry\Identity::$roles
Error: Cannot modify readonly property Ferry\Identity::$roles
Error: Cannot modify readonly property Ferry\Stats::$connections
Error: Cannot unset readonly property Ferry\Stats::$connections
Error: Cannot modify readonly property Ferry\Stats::$connections
Error: Cannot modify readonly property Ferry\Stats::$connections
Error: Cannot modify readonly property Ferry\Stats::$connections
Error: Cannot modify readonly property Ferry\Stats::$connections
Error: Cannot acquire reference to readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot modify readonly property Ferry\Connection::$id
Error: Cannot unset readonly property Ferry\Connection::$id
true
-- Ferry\WsServer
Error: Trying to clone an uncloneable object of class Ferry\WsServer
Exception: Serialization of 'Ferry\WsServer' is not allowed
Exception: Unserialization of 'Ferry\WsServer' is not allowed
ReflectionException: Class Ferry\WsServer is an internal class %s
Error: Cannot construct an object of class Ferry\WsServer twice
-- Ferry\Connection
Error: Trying to clone an uncloneable object of class Ferry\Connection
Exception: Serialization of 'Ferry\Connection' is not allowed
Exception: Unserialization of 'Ferry\Connection' is not allowed
Ferry\Connection
Error: Call to private %SFerry\Connection::__construct() from global scope
ReflectionException: Access to non-public constructor of class Ferry\Connection
Error: Call to private %SFerry\Connection::__construct() from global scope
-- Ferry\Handshake
Error: Trying to clone an uncloneable object of class Ferry\Handshake
Exception: Serialization of 'Ferry\Handshake' is not allowed
Exception: Unserialization of 'Ferry\Handshake' is not allowed
Ferry\Handshake
Error: Call to private %SFerry\Handshake::__construct() from global scope
ReflectionException: Access to non-public constructor of class Ferry\Handshake
Error: Call to private %SFerry\Handshake::__construct() from global scope
-- Ferry\Room
Error: Trying to clone an uncloneable object of class Ferry\Room
Exception: Serialization of 'Ferry\Room' is not allowed
Exception: Unserialization of 'Ferry\Room' is not allowed
ReflectionException: Class Ferry\Room is an internal class %s
Error: Call to private %SFerry\Room::__construct() from global scope
ReflectionException: Access to non-public constructor of class Ferry\Room
Error: Call to private %SFerry\Room::__construct() from global scope
-- Ferry\Timer
Error: Trying to clone an uncloneable object of class Ferry\Timer
Exception: Serialization of 'Ferry\Timer' is not allowed
Exception: Unserialization of 'Ferry\Timer' is not allowed
ReflectionException: Class Ferry\Timer is an internal class %s
Error: Call to private %SFerry\Timer::__construct() from global scope
ReflectionException: Access to non-public constructor of class Ferry\Timer
Error: Call to private %SFerry\Timer::__construct() from global scope
-- Ferry\Stats
Error: Trying to clone an uncloneable object of class Ferry\Stats
Exception: Serialization of 'Ferry\Stats' is not allowed
Exception: Unserialization of 'Ferry\Stats' is not allowed
ReflectionException: Class Ferry\Stats is an internal class %s
Error: Call to private %SFerry\Stats::__construct() from global scope
ReflectionException: Access to non-public constructor of class Ferry\Stats
Error: Call to private %SFerry\Stats::__construct() from global scope
-- Ferry\WsClient
Error: Trying to clone an uncloneable object of class Ferry\WsClient
Exception: Serialization of 'Ferry\WsClient' is not allowed
Exception: Unserialization of 'Ferry\WsClient' is not allowed
ReflectionException: Class Ferry\WsClient is an internal class %s
Error: Call to private %SFerry\WsClient::__construct() from global scope
ReflectionException: Access to non-public constructor of class Ferry\WsClient
Error: Call to private %SFerry\WsClient::__construct() from global scope
-- Ferry\Identity
Error: Trying to clone an uncloneable object of class Ferry\Identity
Exception: Serialization of 'Ferry\Identity' is not allowed
Exception: Unserialization of 'Ferry\Identity' is not allowed
ReflectionException: Class Ferry\Identity is an internal class %s
Error: Cannot construct an object of class Ferry\Identity twice
