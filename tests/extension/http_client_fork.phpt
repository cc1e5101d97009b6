--TEST--
HttpClient: a forked child makes its own; its end disturbs neither the parent's requests nor its connections
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
$client->request('GET', '/echo');
$open = $client->request('GET', '/drip/20', options: ['stream' => true]);
$open->read(1);
$fiber = new Fiber(fn () => $client->request('GET', '/delay/300')->body());
$fiber->start();
flush();
$pid = pcntl_fork();
if (0 === $pid) {
    attempt(fn () => $client->request('GET', '/echo'));
    attempt(fn () => $client->stats());
    attempt(fn () => $open->read());
    attempt(fn () => $open->body());
    $own = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
    echo 'own: ', $own->request('GET', '/echo')->statusCode(), "\n";
    unset($client, $open);
    exit(3);
}
$end = microtime(true) + 20;
while (!($done = pcntl_waitpid($pid, $status, WNOHANG)) && microtime(true) < $end) {
    usleep(1000);
}
echo $done ? '' : 'hangs ', 'exit ', pcntl_wexitstatus($status), "\n";
echo strlen($open->body()), "\n";
until(function () use ($fiber): bool {
    Ferry\delay(0.001);

    return $fiber->isTerminated();
});
echo $fiber->getReturn(), ' ', $client->request('GET', '/echo')->statusCode(), "\n";
?>
--EXPECT--
Ferry\Exception\LogicException: This belongs to the parent process: make a new Ferry\HttpClient in the child
Ferry\Exception\LogicException: This belongs to the parent process: make a new Ferry\HttpClient in the child
Ferry\Exception\LogicException: This belongs to the parent process: make a new Ferry\HttpClient in the child
Ferry\Exception\LogicException: This belongs to the parent process: make a new Ferry\HttpClient in the child
own: 200
exit 3
19
waited 300 200
