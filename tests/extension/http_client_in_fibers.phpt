--TEST--
HttpClient in fibers: requests wait together; what is thrown into one cancels its request; a response is read by one at a time
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
$all = [];
$start = microtime(true);
for ($i = 0; $i < 200; ++$i) {
    $all[$i] = new Fiber(function () use ($client, $i): string {
        return $i.$client->request('POST', '/delay/100', body: "$i")->body();
    });
    $all[$i]->start();
}
until_fibers($all);
// One after the other they would take 20 seconds.
echo array_map(fn (Fiber $f) => $f->getReturn(), $all) === array_map(fn (int $i) => "{$i}waited 100", range(0, 199)) ? 'right' : 'wrong', ' ', microtime(true) - $start < 15 ? 'together' : 'in turn', "\n";

$fiber = new Fiber(function () use ($client): void {
    try {
        $client->request('GET', '/silent');
        echo "not reached\n";
    } finally {
        echo 'unwinds, ';
    }
});
$fiber->start();
until(fn () => 1 === $client->stats()['pending']);
attempt(fn () => $fiber->throw(new Exception('enough')));
until(fn () => 0 === $client->stats()['pending']);

$failing = new Fiber(function () use ($client): string {
    try {
        $client->request('GET', '/cut');
    } catch (Ferry\Exception\HttpException $e) {
        return 'caught '.$e::class;
    }
});
$failing->start();
until_fibers([$failing]);
echo $failing->getReturn(), "\n";

$response = $client->request('GET', '/drip/20', options: ['stream' => true]);
$response->read();
$reader = new Fiber(fn () => strlen($response->body()));
$reader->start();
attempt(fn () => $response->read());
until_fibers([$reader]);
echo $reader->getReturn() > 0 ? 'read' : 'nothing', "\n";

function until_fibers(array $fibers): void
{
    until(function () use ($fibers): bool {
        Ferry\delay(0.001);

        return [] === array_filter($fibers, fn (Fiber $f) => !$f->isTerminated());
    }, 60);
}
?>
--EXPECT--
right together
unwinds, Exception: enough
caught Ferry\Exception\HttpException
Ferry\Exception\LogicException: The body of this response is being read already
read
