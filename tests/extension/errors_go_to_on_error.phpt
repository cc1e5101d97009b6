--TEST--
What a callback throws goes to onError with its connection; others go on
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server();
$server->onOpen(function ($c) { if ($c->handshake()->path === '/open') { throw new DomainException('from open'); } });
$server->onMessage(function ($c, $data) {
    if ($data === 'throw') { throw new RuntimeException('from message', 7); }
    if ($data === 'error') { intdiv(1, 0); }
    if ($data === 'type') { strlen([]); }
    $c->send("fine: $data");
});
$server->onClose(function ($c) { throw new LogicException('from close'); });
$log = new ArrayObject();
$server->onError(function (?Ferry\Connection $c, Throwable $e) use ($log) {
    $log[] = ($c?->handshake()->path ?? 'no connection') . ' ' . get_class($e) . ': ' . $e->getMessage();
});
$server->after(0.001, function () { throw new Exception('from timer'); });
$url = $server->listen();
$good = Ferry\WsClient::connect("$url/good");
$open = Ferry\WsClient::connect("$url/open");
$bad = Ferry\WsClient::connect("$url/bad");
foreach (['throw', 'error', 'type', 'after all'] as $text) { $bad->send($text); }
var_dump($bad->receive());
$open->send('1');
var_dump($open->receive());
$good->send('2');
var_dump($good->receive());
$bad->close();
pump($server, fn () => count($log) === 6);
$server->stop();
$log = $log->getArrayCopy();
sort($log);
echo implode("\n", $log), "\n";
?>
--EXPECTF--
string(15) "fine: after all"
string(7) "fine: 1"
string(7) "fine: 2"
/bad DivisionByZeroError: Division by zero
/bad LogicException: from close
/bad RuntimeException: from message
/bad TypeError: strlen(): Argument #1 ($string) must be of type string, array given
/good LogicException: from close
/open DomainException: from open
/open LogicException: from close
no connection Exception: from timer
