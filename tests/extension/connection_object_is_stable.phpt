--TEST--
A connection is one object for its whole life: storage key, own properties, attributes
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
error_reporting(E_ALL);
$server = server();
$seen = new SplObjectStorage();
$server->onOpen(function ($c) use ($seen) {
    $seen[$c] = 'first';
    $c->note = ['own', 'property'];
    $c->set('user', 'ann')->set('n', 1)->set('7', 'seven');
});
$server->onMessage(function ($c, $data) use ($seen, $server) {
    var_dump($seen[$c], $c->note, $c->get('user'), $c->get('n'), $c->get('7'), $c->get('nothing'), $c->get('nothing', 'default'));
    var_dump($server->connection($c->id) === $c, $server->connections()[0] === $c);
    $c->set('n', null)->set('user', 'bob');
    var_dump($c->get('n', 'default'), $c->get('user'));
    unset($c->note);
    var_dump(isset($c->note), isset($c->id));
    $c->send('done');
});
$closed = null;
$server->onClose(function ($c) use ($seen, &$closed) { $closed = $c; var_dump(isset($seen[$c]), $c->get('user')); });
$client = Ferry\WsClient::connect($server->listen());
$client->send('go');
$client->receive();
$client->close();
pump($server, function () use (&$closed) { return $closed; });
var_dump(count($seen), $server->connection($closed->id));
?>
--EXPECT--
string(5) "first"
array(2) {
  [0]=>
  string(3) "own"
  [1]=>
  string(8) "property"
}
string(3) "ann"
int(1)
string(5) "seven"
NULL
string(7) "default"
bool(true)
bool(true)
NULL
string(3) "bob"
bool(false)
bool(true)
bool(true)
string(3) "bob"
int(1)
NULL
