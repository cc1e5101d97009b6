--TEST--
Some thousand messages with opcache and each JIT
--SKIPIF--
<?php if (!extension_loaded('Zend OPcache') && !file_exists(ini_get('extension_dir') . '/opcache.so')) die('skip needs opcache'); ?>
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
foreach (['disable', 'function', 'tracing'] as $jit) {
    $script = new Script('
        final class Chat {
            private array $seen = [];
            public function open(Ferry\Connection $c): void { $c->n = 0; $c->set("n", 0)->join("all"); }
            public function message(Ferry\Connection $c, string $data, bool $binary): void {
                $c->n++;
                $c->set("n", $c->get("n") + 1);
                if ($c->n !== $c->get("n") || strlen($c->id) !== 32 || $c->remoteAddress !== "127.0.0.1") { echo "wrong\n"; }
                $this->seen[$c->id] = ($this->seen[$c->id] ?? 0) + strlen($data);
                if ($c->send($data, $binary) === Ferry\SendResult::Closed) { echo "closed\n"; }
                if ($c->n % 1000 === 0) { try { $c->id = "x"; } catch (Error $e) { if (!str_contains($e->getMessage(), "readonly")) { echo "wrong\n"; } } }
                foreach ($c->handshake()->headers as $name => $value) { if (!is_string($value)) { echo "wrong\n"; } }
            }
        }
        $chat = new Chat;
        $server = server();
        $server->onOpen($chat->open(...))->onMessage([$chat, "message"])->onClose(fn () => $server->stop());
        echo $server->listen(), "\n";
        $server->run();
        echo opcache_get_status()["jit"]["on"] ? "JIT\n" : "no JIT\n";', ['opcache.enable_cli' => '1', 'opcache.jit' => $jit, 'opcache.jit_buffer_size' => $jit === 'disable' ? '0' : '32M']);
    $client = Ferry\WsClient::connect($script->line());
    foreach (range(1, 50) as $round) {
        foreach (range(1, 100) as $i) { $client->send("$round $i", $i % 2 === 0); }
        foreach (range(1, 100) as $i) { if ($client->receive() !== "$round $i") { die("wrong answer\n"); } }
    }
    $client->close();
    echo "$jit: ";
    $script->end();
}
?>
--EXPECT--
disable: no JIT
exit 0
function: JIT
exit 0
tracing: JIT
exit 0
