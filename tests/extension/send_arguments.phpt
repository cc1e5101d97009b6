--TEST--
Connection::send(): arguments of every kind take one of two ways, with the same outcome
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
final class Words { public function __toString(): string { return 'words'; } }
class Fake extends Ferry\Connection { public function __construct() {} }
$calls = [
    'text' => fn ($c) => $c->send('text'),
    'binary' => fn ($c) => $c->send("\xff", true),
    'named' => fn ($c) => $c->send(binary: true, data: 'named'),
    'named, default' => fn ($c) => $c->send(data: 'alone'),
    'reference' => function ($c) { $data = 'reference'; $other = &$data; return $c->send($other); },
    'empty' => fn ($c) => $c->send(''),
    'number' => fn ($c) => $c->send(12),
    'object' => fn ($c) => $c->send(new Words()),
    'number for bool' => fn ($c) => $c->send('one', 1),
    'unpacked' => fn ($c) => $c->send(...['unpacked', true]),
    'callable' => fn ($c) => ($c->send(...))('callable'),
    'array callable' => fn ($c) => call_user_func([$c, 'send'], 'array callable', true),
    'reflection' => fn ($c) => (new ReflectionMethod(Ferry\Connection::class, 'send'))->invoke($c, 'reflection'),
    'no UTF-8' => fn ($c) => $c->send("\xff"),
    'nothing' => fn ($c) => $c->send(),
    'null' => fn ($c) => $c->send(null),
    'array' => fn ($c) => $c->send([]),
    'array for bool' => fn ($c) => $c->send('x', []),
    'too many' => fn ($c) => $c->send('x', false, 1),
    'unknown name' => fn ($c) => $c->send('x', text: false),
    'another object' => fn ($c) => (new Fake())->send('x'),
];
$server = server()->onMessage(function ($c, $name) use ($calls) {
    try {
        $outcome = $calls[$name]($c)->name;
    } catch (Throwable $e) {
        $outcome = get_class($e) . ': ' . $e->getMessage();
        $c->send('nothing sent');
    }
    echo "$name: $outcome, ";
});
$client = Ferry\WsClient::connect($server->listen());
foreach ($calls as $name => $_) {
    $client->send($name);
    $got = $client->receive(20);
    echo json_encode($got, JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
?>
--EXPECT--
text: Sent, "text"
binary: Sent, "\ufffd"
named: Sent, "named"
named, default: Sent, "alone"
reference: Sent, "reference"
empty: Sent, ""
number: TypeError: Invalid value given for argument `data`., "nothing sent"
object: TypeError: Invalid value given for argument `data`., "nothing sent"
number for bool: TypeError: Invalid value given for argument `binary`., "nothing sent"
unpacked: Sent, "unpacked"
callable: Sent, "callable"
array callable: Sent, "array callable"
reflection: Sent, "reflection"
no UTF-8: Ferry\Exception\InvalidArgumentException: Argument $data must be UTF-8 for a text message; send it with $binary = true, "nothing sent"
nothing: ArgumentCountError: Ferry\Connection::send() expects at least 1 argument, 0 given, "nothing sent"
null: TypeError: Invalid value given for argument `data`., "nothing sent"
array: TypeError: Invalid value given for argument `data`., "nothing sent"
array for bool: TypeError: Invalid value given for argument `binary`., "nothing sent"
too many: ArgumentCountError: Ferry\Connection::send() expects at most 2 arguments, 3 given, "nothing sent"
unknown name: Error: Unknown named parameter $text, "nothing sent"
another object: Exception: Failed to retrieve reference to `$this`, "nothing sent"
