--TEST--
A class that extends Connection or Handshake has PHP's own properties, and its native methods throw
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';

class Bare extends Ferry\Connection
{
    public function __construct() {}
}

class Fake extends Ferry\Connection
{
    public readonly string $id;
    public readonly string $remoteAddress;
    public array $list = [];

    public function __construct(string $id)
    {
        $this->id = $id;
    }

    public function rename(): void
    {
        $this->id = 'other';
    }

    public function isOpen(): bool
    {
        return true;
    }
}

class Request extends Ferry\Handshake
{
    public readonly array $query;

    public function __construct()
    {
        $this->query = ['a' => '1'];
    }
}

echo "-- properties\n";
$fake = new Fake('f1');
attempt(fn () => $fake->id);
attempt(fn () => $fake->remoteAddress);
attempt(fn () => isset($fake->remoteAddress));
attempt(fn () => $fake->rename());
attempt(fn () => $fake->id = 'x');
attempt(function () use ($fake) { unset($fake->id); });
attempt(function () use ($fake) { $reference = &$fake->id; });
attempt(fn () => (new Bare())->id);
$bare = new Bare();
attempt(fn () => $bare->id = 'x');
attempt(fn () => (new Request())->query);
$request = new Request();
attempt(fn () => $request->query['a'] = '2');

echo "-- methods\n";
attempt(fn () => $fake->isOpen());
$calls = 0;
foreach ([new Bare(), new Request(), (new ReflectionClass(Ferry\Connection::class))->newInstanceWithoutConstructor(), (new ReflectionClass(Ferry\Handshake::class))->newInstanceWithoutConstructor()] as $object) {
    foreach ((new ReflectionClass($object))->getMethods() as $method) {
        if ($method->getDeclaringClass()->isInternal()) {
            try {
                $arguments = array_map(fn (ReflectionParameter $p) => (string) $p->getType() === 'array' ? [] : 'text', $method->getParameters());
                $method->invokeArgs($object, array_slice($arguments, 0, $method->getNumberOfRequiredParameters()));
                echo "{$method->class}::{$method->name}() returned\n";
            } catch (Exception) {
                ++$calls;
            }
        }
    }
}
echo $calls >= 40 ? "all calls threw\n" : "only $calls calls threw\n";

echo "-- dumps\n";
ob_start();
var_dump($fake, new Request(), (new ReflectionClass(Ferry\Handshake::class))->newInstanceWithoutConstructor());
$dump = preg_replace('/\s+/', ' ', ob_get_clean());
foreach (['["id"]=> string(2) "f1"', '["remoteAddress"]=> uninitialized(string)', '["query"]=> array(1) { ["a"]=> string(1) "1" }', '["token"]=> NULL'] as $part) {
    echo str_contains($dump, $part) ? "shown\n" : "not shown: $part\n$dump\n";
}
$json = json_decode(json_encode([$fake, new Bare()]), true);
echo json_encode([$json[0]['id'], $json[0]['list'], array_key_exists('remoteAddress', $json[0]), $json[1]['id']]), "\n";
echo json_encode(((array) new Request())['query']), "\n";
echo "-- copies\n";
attempt(fn () => clone $fake);
attempt(fn () => serialize($fake));
attempt(fn () => unserialize('O:4:"Bare":0:{}'));
attempt(fn () => new Bare() == new Bare());
attempt(fn () => $fake == new Fake('f2'));

echo "-- cycles\n";
for ($i = 0; $i < 3; ++$i) {
    $cycle = new Fake("c$i");
    $cycle->list = [$cycle];
    $cycle->dynamic = $cycle;
}
unset($cycle);
echo gc_collect_cycles() > 0 ? "collected\n" : "kept\n";

echo "-- real ones beside them\n";
$server = server();
$server->onOpen(function (Ferry\Connection $real) use ($fake, $server): void {
    foreach ([$real, $fake, $real, new Bare(), $real] as $connection) {
        echo get_class($connection), ' ', is_string($connection->id) ? 'has an id' : 'has none', ', ', json_encode(isset($connection->remoteAddress)), "\n";
    }
    attempt(fn () => $real->id = 'x');
    attempt(fn () => $server->broadcast('x', except: [$fake]));
    $real->close();
});
$client = Ferry\WsClient::connect($server->listen());
echo closed($client), "\n";
$server->stop();
?>
--EXPECTF--
-- properties
"f1"
Error: Typed property Fake::$remoteAddress must not be accessed before initialization
false
Error: Cannot %Smodify readonly property Fake::$id
Error: Cannot %Smodify readonly property Fake::$id
Error: Cannot unset readonly property Fake::$id
Error: Cannot %Smodify readonly property Fake::$id
null
Error: Cannot modify readonly property Ferry\Connection::$id
{"a":"1"}
Error: Cannot %Smodify readonly property Request::$query
-- methods
true
all calls threw
-- dumps
shown
shown
shown
shown
["f1",[],false,null]
{"a":"1"}
-- copies
Error: Trying to clone an uncloneable object of class Ferry\Connection
Exception: Serialization of 'Fake' is not allowed
Exception: Unserialization of 'Bare' is not allowed
true
false
-- cycles
collected
-- real ones beside them
Ferry\Connection has an id, true
Fake has an id, false
Ferry\Connection has an id, true
Bare has none, false
Ferry\Connection has an id, true
Error: Cannot modify readonly property Ferry\Connection::$id
Ferry\Exception\InvalidArgumentException: Argument $except must hold Ferry\Connection objects or their ids, Fake given
1000
