--TEST--
HttpClient: a request, its answer, redirects, connections used again
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url.'/v1/', 'headers' => ['X-Default' => 'd'], 'user_agent' => 'test', 'proxy' => false]);
$response = $client->request('POST', '/echo?a[]=b', ['X-A' => ['1', 2], 'Authorization' => 'Bearer t', 'Content-Length' => 3], 'abc');
echo $response::class, ' ', $response->statusCode(), ' ', $response->httpVersion(), ' ', $response->header('CONTENT-TYPE'), "\n";
var_dump($response->url() === $origin->url.'/echo?a%5B%5D=b', $response->header('X-None'), $response->body() === $response->body());
$seen = json_decode($response->body(), true);
sort($seen['fields']);
echo $seen['method'], ' ', $seen['target'], ' ', $seen['body'], "\n", preg_replace('~127.0.0.1:\d+~', 'ORIGIN', implode("\n", $seen['fields'])), "\n";
$binary = random_bytes(100_000)."\r\n\0";
var_dump($client->request('PUT', '/digest', body: $binary)->body() === strlen($binary).' '.md5($binary));
echo json_encode($client->request('GET', '/fields')->headers()), ' ', $client->request('GET', '/fields')->header('Set-Cookie'), "\n";
foreach (['GET /status/404', 'GET /status/500', 'HEAD /big/100', 'DELETE /status/204', 'GET ../none', 'GET #fragment'] as $line) {
    [$method, $url] = explode(' ', $line);
    $response = $client->request($method, $url);
    echo "$line: ", $response->statusCode(), ' ', strlen($response->body()), ' ', str_replace($origin->url, '', $response->url()), "\n";
}
$response = $client->request('POST', '/redirect?'.urlencode('/redirect?/echo'), [], 'body');
echo substr($response->url(), strlen($origin->url)), ' ', json_decode($response->body())->method, "\n";
echo $client->request('GET', '/redirect?/echo', options: ['max_redirects' => 0])->statusCode(), "\n";
$user = str_replace('//', '//me:pass@', $origin->url);
echo current(preg_grep('/^authorization/', json_decode($client->request('GET', "$user/echo")->body())->fields)), "\n";
$big = $client->request('GET', '/big/5000000')->body();
var_dump(strlen($big), trim($big, 'x'));
$stats = $client->stats();
printf("%d requests, %d redirected, %d failed, %d pending, connections used again: %s\n", $stats['requests'], $stats['redirected'], $stats['failed'], $stats['pending'], var_export($stats['connections'] < $stats['requests'], true));
attempt(fn () => new Ferry\HttpResponse());
attempt(fn () => clone $client);
attempt(fn () => $client->__construct());
attempt(fn () => serialize($client));
?>
--EXPECTF--
Ferry\HttpResponse 200 1.1 application/json
bool(true)
NULL
bool(true)
POST /echo?a%5B%5D=b abc
accept-encoding: identity
authorization: Bearer t
content-length: 3
host: ORIGIN
user-agent: test
x-a: 1
x-a: 2
x-default: d
bool(true)
{"set-cookie":["a=1","b=2"],"x-one":["1"],"123":["n"],"content-length":["0"]} a=1, b=2
GET /status/404: 404 0 /status/404
GET /status/500: 500 0 /status/500
HEAD /big/100: 200 0 /big/100
DELETE /status/204: 204 0 /status/204
GET ../none: 404 9 /none
GET #fragment: 404 9 /v1/
/echo GET
302
authorization: Basic bWU6cGFzcw==
int(5000000)
string(0) ""
14 requests, 2 redirected, 0 failed, 0 pending, connections used again: true
Error: Call to private Ferry\HttpResponse::__construct() from global scope
Error: Trying to clone an uncloneable object of class Ferry\HttpClient
Error: Cannot construct an object of class Ferry\HttpClient twice
Exception: Serialization of 'Ferry\HttpClient' is not allowed
