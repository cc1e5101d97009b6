--TEST--
A callback may replace itself, close itself or another connection, and let its server go
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
class Handler {
    public function __construct(private string $name) {}
    public function __destruct() { echo "{$this->name} destroyed\n"; }
    public function __invoke($c, $data) {
        $GLOBALS['server']->onMessage(new Handler("after $data"));
        gc_collect_cycles();
        $c->send("{$this->name}: $data");
    }
}
$server->onMessage(new Handler('first'));
$url = $server->listen();
$a = Ferry\WsClient::connect($url);
$b = Ferry\WsClient::connect($url);
foreach (['1', '2', '3'] as $text) {
    $a->send($text);
    var_dump($a->receive());
}
$server->onMessage(function ($c) use ($server) {
    foreach ($server->connections() as $other) { if ($other !== $c) { $other->close(4002, 'by another'); } }
    $c->close(4001, 'by itself');
});
$a->send('x');
echo closed($a), "\n", closed($b), "\n";

$server->onMessage(function ($c, $data) use (&$server) { $c->send('bye'); $server = null; gc_collect_cycles(); echo "gone\n"; });
$a = Ferry\WsClient::connect($url);
$a->send('x');
var_dump($a->receive());
echo closed($a), "\n";
?>
--EXPECT--
first destroyed
string(8) "first: 1"
after 1 destroyed
string(10) "after 1: 2"
after 2 destroyed
string(10) "after 2: 3"
after 3 destroyed
4001 by itself
4002 by another
gone
string(3) "bye"
1001
