--TEST--
HttpClient: no thread before the first request, and the process ends at once with requests on their way
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$url = var_export($origin->url, true);
$start = 'echo threads(), "\n"; $c = new Ferry\HttpClient(["base_uri" => '.$url.', "proxy" => false]); echo threads(), "\n"; $c->request("GET", "/echo"); echo threads(), "\n";
$f = []; for ($i = 0; $i < 20; ++$i) { $f[$i] = new Fiber(fn () => $c->request("GET", "/silent")); $f[$i]->start(); } $s = $c->request("GET", "/drip/1000", options: ["stream" => true]); $s->read(); ';
foreach ([
    'end' => '',
    'exit' => 'exit(7);',
    'exit in a fiber' => '$f[] = $x = new Fiber(function () use ($c) { $c->request("GET", "/delay/10"); exit(8); }); $x->start(); while (true) { Ferry\delay(0.01); }',
    'fatal error in a fiber' => 'ini_set("display_errors", "0"); $f[] = $x = new Fiber(function () use ($c) { $c->request("GET", "/delay/10"); ini_set("memory_limit", "2M"); str_repeat("x", 1 << 30); }); $x->start(); while (true) { Ferry\delay(0.01); }',
] as $name => $end) {
    $before = microtime(true);
    $script = new Script($start.$end);
    echo $name, ': ', $script->line(), $script->line(), $script->line(), ' ';
    $script->end();
    echo microtime(true) - $before < 15 ? '' : "late\n";
}
?>
--EXPECT--
end: 112 
exit 0
exit: 112 
exit 7
exit in a fiber: 112 
exit 8
fatal error in a fiber: 112 
exit 255
