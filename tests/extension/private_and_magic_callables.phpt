--TEST--
Callables of every kind: private methods from inside the class, static ones, __call, first-class, invokable
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
class Chat {
    public function __construct(private Ferry\WsServer $server) {}
    public function register(): void { $this->server->onMessage([$this, 'private'])->onOpen($this->hidden(...)); }
    private function private($c, $data) { $c->send("private $data"); }
    private function hidden($c) { $c->send('hidden'); }
    public function __call($name, $arguments) { $arguments[0]->send("__call $name"); }
    public static function __callStatic($name, $arguments) { $arguments[0]->send("__callStatic $name"); }
    public static function still($c, $data) { $c->send("static $data"); }
    public function __invoke($c) { $c->send('invoked'); }
}
spl_autoload_register(function ($class) { if ($class === 'Later') { $GLOBALS['server']->count(); eval('class Later { static function f($c) { $c->send("autoloaded"); } }'); } });
function named($c, $data) { $c->send("named $data"); }
$server = server();
$chat = new Chat($server);
$chat->register();
$client = Ferry\WsClient::connect($server->listen());
var_dump($client->receive());
$ask = function () use ($client) { foreach (['1', '2'] as $text) { $client->send($text); echo $client->receive(), "\n"; } };
$ask();
foreach ([[$chat, 'magic'], ['Chat', 'magic'], 'Chat::still', ['Chat', 'still'], $chat, 'named', 'Later::f', fn ($c, $data, $binary = null) => $c->send("arrow $data")] as $callable) {
    $server->on('message', $callable);
    $ask();
}
attempt(fn () => $server->onMessage([$chat, 'private'])); // __call answers from outside
attempt(fn () => $server->onMessage('Nowhere::f'));
?>
--EXPECT--
string(6) "hidden"
private 1
private 2
__call magic
__call magic
__callStatic magic
__callStatic magic
static 1
static 2
static 1
static 2
invoked
invoked
named 1
named 2
autoloaded
autoloaded
arrow 1
arrow 2
Ferry\WsServer
TypeError: Invalid value given for argument `callback`.
