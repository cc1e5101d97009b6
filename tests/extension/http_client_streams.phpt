--TEST--
HttpClient: a body read piece by piece; a response that is dropped gives its connection up
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false, 'max_connections_per_host' => 1]);
$stream = ['stream' => true];
$response = $client->request('GET', '/drip/20', options: $stream);
$pieces = 0;
for ($text = ''; '' !== $piece = $response->read(4); $text .= $piece, ++$pieces) {
    assert(strlen($piece) <= 4);
}
echo $text, ' ', $pieces > 1 ? 'in pieces' : 'at once', ' ', var_export($response->read(), true), var_export($response->body(), true), "\n";
$response = $client->request('GET', '/big/1000000', options: $stream);
$first = $response->read(10);
echo strlen($first), ' ', strlen($response->body()), ' ', strlen($response->body()), ' ', strlen($response->read()), ' ', $client->stats()['pending'], "\n";
$response = $client->request('GET', '/big/20000000', options: $stream);
echo strlen($response->read(10)), ' ', $client->stats()['pending'], "\n";
unset($response);
echo $client->stats()['pending'], ' ', $client->request('GET', '/echo')->statusCode(), "\n";
// More than body() may hold can be read.
$response = $client->request('GET', '/big/1000', options: $stream + ['max_body_bytes' => 10]);
attempt(fn () => $response->body());
attempt(fn () => $response->read());
$response = $client->request('GET', '/big/1000', options: $stream + ['max_body_bytes' => 10]);
for ($sum = 0; '' !== $piece = $response->read(); $sum += strlen($piece)) {
}
echo $sum, "\n";
// A whole body can be read piecewise, too.
$response = $client->request('GET', '/big/10');
echo strlen($response->read(4)), strlen($response->read(4)), strlen($response->read(4)), strlen($response->read(4)), ' ', strlen($response->body()), "\n";
$response = $client->request('GET', '/cut', options: $stream);
echo $response->read(), "\n";
for ($i = 0; $i < 2; ++$i) {
    try {
        $response->read();
    } catch (Ferry\Exception\HttpException $e) {
        echo $e::class, ' ', preg_match('/the body ends early/', $e->getMessage()), "\n";
    }
}
$response = $client->request('GET', '/drip/1000', options: $stream + ['timeout' => 0.2]);
try {
    $response->body();
} catch (Ferry\Exception\HttpTimeoutException $e) {
    echo $e::class, "\n";
}
?>
--EXPECTF--
.................... in pieces ''''
10 999990 999990 0 0
10 1
0 200
Ferry\Exception\TooLargeException: The answer from 127.0.0.1:%d is larger than "max_body_bytes", 10 bytes
Ferry\Exception\TooLargeException: The answer from 127.0.0.1:%d is larger than "max_body_bytes", 10 bytes
1000
4420 10
half
Ferry\Exception\HttpException 1
Ferry\Exception\HttpException 1
Ferry\Exception\HttpTimeoutException
