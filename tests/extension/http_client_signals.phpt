--TEST--
HttpClient: a signal is handled while a request blocks; an exception from its handler cancels the request
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
pcntl_async_signals(true);
$count = 0;
pcntl_signal(SIGALRM, function () use (&$count): void {
    if (3 === ++$count) {
        throw new Exception('enough');
    }
    posix_kill(posix_getpid(), SIGALRM);
});
pcntl_alarm(1);
try {
    $client->request('GET', '/silent');
} catch (Exception $e) {
    echo $e->getMessage(), ' after ', $count, "\n";
}
until(fn () => 0 === $client->stats()['pending']);
echo $client->request('GET', '/echo')->statusCode(), "\n";
// Without a handler a signal ends the process: the threads hide none.
$script = new Script('$c = new Ferry\HttpClient(["proxy" => false]); echo getmypid(), "\n"; $c->request("GET", '.var_export($origin->url.'/silent', true).');');
$script->line();
$script->signal(SIGTERM);
$script->end();
?>
--EXPECT--
enough after 3
200

signal 15
