--TEST--
HttpClient: every failure has its exception, and the client goes on
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
$show = static function (callable $f) use ($origin): void {
    try {
        $f();
        echo "no exception\n";
    } catch (Ferry\Exception\HttpException $e) {
        echo $e::class, ' (', get_parent_class($e), '): ', str_replace(substr($origin->url, 7), 'ORIGIN', $e->getMessage()), "\n";
    }
};
$free = stream_socket_server('tcp://127.0.0.1:0');
$closed = stream_socket_get_name($free, false);
fclose($free);
$show(fn () => $client->request('GET', "http://$closed/secret?token=secret"));
$hasty = new Ferry\HttpClient(['connect_timeout' => 0.05, 'proxy' => false]);
$show(fn () => $hasty->request('GET', str_replace('http:', 'https:', $origin->url)));
$show(fn () => $client->request('GET', '/silent', options: ['timeout' => 0.05]));
$show(fn () => $client->request('GET', '/drip/1000', options: ['timeout' => 0.2]));
$show(fn () => $client->request('GET', '/big/11', options: ['max_body_bytes' => 10]));
$show(fn () => $client->request('GET', '/cut'));
$show(fn () => $client->request('GET', '/redirect?ftp://a.example/'));
$show(fn () => $client->request('GET', '/redirect?'.urlencode('/redirect?/echo'), options: ['max_redirects' => 1]));
$small = new Ferry\HttpClient(['proxy' => "http://$closed"]);
$show(fn () => $small->request('GET', $origin->url));
$one = new Ferry\HttpClient(['max_pending' => 1, 'proxy' => false]);
$held = $one->request('GET', $origin->url.'/big/10', options: ['stream' => true]);
$show(fn () => $one->request('GET', $origin->url));
unset($held);
echo $one->request('GET', $origin->url.'/echo')->statusCode(), ' ', $one->stats()['refused'], " refused\n";
echo $client->request('GET', '/echo')->statusCode(), ' ', $client->stats()['failed'], ' ', $client->stats()['pending'], "\n";
?>
--EXPECTF--
Ferry\Exception\ConnectException (Ferry\Exception\HttpException): Cannot connect to 127.0.0.1:%d: tcp connect error: Connection refused (os error 111)
Ferry\Exception\ConnectException (Ferry\Exception\HttpException): Cannot connect to ORIGIN: no connection within 0.05 s
Ferry\Exception\HttpTimeoutException (Ferry\Exception\HttpException): No complete answer from ORIGIN within 0.05 s
Ferry\Exception\HttpTimeoutException (Ferry\Exception\HttpException): No complete answer from ORIGIN within 0.2 s
Ferry\Exception\TooLargeException (Ferry\Exception\HttpException): The answer from ORIGIN is larger than "max_body_bytes", 10 bytes
Ferry\Exception\HttpException (Ferry\Exception\RuntimeException): No answer from ORIGIN: the body ends early: error reading a body from connection: end of file before message length reached
Ferry\Exception\RedirectException (Ferry\Exception\HttpException): ORIGIN redirects to where no request can go: its scheme is not http or https
Ferry\Exception\RedirectException (Ferry\Exception\HttpException): More than 1 redirects, which is "max_redirects": ORIGIN sends on once more
Ferry\Exception\ConnectException (Ferry\Exception\HttpException): Cannot connect to ORIGIN: through the proxy: tcp connect error: Connection refused (os error 111)
Ferry\Exception\HttpException (Ferry\Exception\RuntimeException): 1 requests are pending, which is "max_pending"
200 1 refused
200 7 0
