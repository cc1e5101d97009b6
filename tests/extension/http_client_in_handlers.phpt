--TEST--
HttpClient in handlers that run in fibers: 200 wait together, another client is served meanwhile; requestAsync gives futures
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
$server = server(['fibers' => true]);
$answered = 0;
$server->onMessage(function (Ferry\Connection $c, string $data) use ($client, &$answered): void {
    if ('ping' === $data) {
        $c->send("pong after $answered");

        return;
    }
    $c->send($data.' '.$client->request('GET', '/hold')->body());
    ++$answered;
});
$url = $server->listen();
$all = array_map(fn () => Ferry\WsClient::connect($url), range(1, 200));
$other = Ferry\WsClient::connect($url);
foreach ($all as $i => $one) {
    $one->send("$i");
}
pump($server, fn () => 200 === $client->stats()['pending']);
$other->send('ping');
echo $other->receive(), "\n";
$client->request('GET', '/release');
foreach ($all as $i => $one) {
    if ("$i released" !== $got = $one->receive(30)) {
        echo "$i got ", var_export($got, true), "\n";
    }
}
echo $answered, "\n";

// A failure is the handler's, and its connection's.
$server->onMessage(fn (Ferry\Connection $c) => $client->request('GET', '/cut'));
$server->onError(function (?Ferry\Connection $c, Throwable $e): void {
    echo $e::class, "\n";
    $c->close(4000, 'failed');
});
$other->send('x');
echo closed($other), "\n";
$server->stop(grace: 1.0);

$futures = array_map(fn (int $ms) => $client->requestAsync('GET', "/delay/$ms"), ['b' => 60, 'a' => 30]);
foreach (Ferry\Future::all($futures) as $name => $response) {
    echo $name, ' ', $response->body(), "\n";
}
attempt(fn () => $client->requestAsync('GET', '/silent', options: ['timeout' => 0.05])->await()->body());
attempt(fn () => $client->requestAsync("G\n", '/'));
$streamed = $client->requestAsync('GET', '/drip/10', options: ['stream' => true])->await();
echo strlen($streamed->read(1)), strlen($streamed->body()), "\n";
?>
--EXPECTF--
pong after 0
200
Ferry\Exception\HttpException
4000 failed
b waited 60
a waited 30
Ferry\Exception\HttpTimeoutException: No complete answer from 127.0.0.1:%d within 0.05 s
Ferry\Exception\InvalidArgumentException: Argument $method must be %s
19
