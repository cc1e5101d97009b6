--TEST--
Destructors of attributes, callbacks and connections may use the server
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
class Busy {
    public function __construct(private $server, private $c) {}
    public function __destruct() {
        $this->server->broadcast('from a destructor');
        $this->server->onOpen(fn () => null);
        $this->c?->set('key', 'set by the destructor');
        $this->server->after(100, fn () => null)->cancel();
        $this->server->connections();
    }
}
$server = server();
$url = $server->listen();
$client = Ferry\WsClient::connect($url);
pump($server, fn () => $server->count() === 1);
$c = $server->connections()[0];
$c->set('key', new Busy($server, $c));
$c->set('key', 'plain');
var_dump($client->receive(), $c->get('key'));
$busy = new Busy($server, null);
$server->onMessage(function () use ($busy) {});
unset($busy);
$server->onMessage(function () {});
var_dump($client->receive());
$timer = $server->after(100, new class($server) { function __construct(private $server) {} function __invoke() {} function __destruct() { $this->server->broadcast('timer gone'); } });
$timer->cancel();
var_dump($client->receive(), $timer->isActive());
$server->stop();
?>
--EXPECT--
string(17) "from a destructor"
string(21) "set by the destructor"
string(17) "from a destructor"
string(10) "timer gone"
bool(false)
