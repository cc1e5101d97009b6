--TEST--
HttpClient: what cannot be sent is refused by name, with no secret in the message and nothing sent
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['proxy' => false]);
$get = fn (string $url, array $headers = [], string $body = '', array $options = []) => $client->request('GET', $url, $headers, $body, $options);
$url = $origin->url.'/echo';
attempt(fn () => $client->request("GET /x HTTP/1.1\r\nX: y", $url));
attempt(fn () => $client->request('CONNECT', $url));
attempt(fn () => $client->request('', $url));
attempt(fn () => $get("http://a.example/\r\nX: y"));
attempt(fn () => $get('/relative'));
attempt(fn () => $get(''));
attempt(fn () => $get('ftp://a.example/'));
attempt(fn () => $get('http://größe.example/'));
attempt(fn () => $get("http://\xff/"));
attempt(fn () => $get('http://a.example:99999/'));
attempt(fn () => $get('http://a.example/'.str_repeat('x', 100_000)));
attempt(fn () => $get($url, ['X-A' => "secret\r\nX-B: c"]));
attempt(fn () => $get($url, ['X-A' => ['fine', "secret\0"]]));
attempt(fn () => $get($url, ["X-A\nX-B" => 'c']));
attempt(fn () => $get($url, ['X-A: 1']));
attempt(fn () => $get($url, ['X-A' => null]));
attempt(fn () => $get($url, ['X-A' => new stdClass()]));
attempt(fn () => $get($url, ['X-A' => 1.5]));
attempt(fn () => $get($url, ['Transfer-Encoding' => 'chunked']));
attempt(fn () => $get($url, ['Content-Length' => '5'], 'four'));
attempt(fn () => $get($url, array_fill_keys(array_map(fn ($n) => "x-$n", range(1, 300)), 'v')));
attempt(fn () => $get($url, [], '', ['timeout' => -1]));
attempt(fn () => $get($url, [], '', ['max_redirects' => '5']));
attempt(fn () => $get($url, [], '', ['stream' => 1]));
attempt(fn () => $get($url, [], '', ['proxy' => 'x']));
attempt(fn () => $get($url, [], '', ['x']));
foreach ([
    ['timout' => 1], ['base_uri' => 'api.example'], ['proxy' => 'socks5://u:secret@a.example'], ['ca_file' => __FILE__], ['http_version' => 2],
    ['headers' => ['X-A' => "secret\n"]], ['headers' => 'X-A: secret'], ['user_agent' => "a\nb"], ['max_pending' => 0], ['no_proxy' => 'a'],
    ['connect_timeout' => NAN], ['x'],
] as $options) {
    attempt(fn () => new Ferry\HttpClient($options));
}
attempt(fn () => $client->request('GET', "$url?fine", options: ['stream' => true])->read(0));
attempt(fn () => $client->request('GET', "$url?fine")->read(1 << 30));
echo json_encode($client->stats()), "\n";
// An exception's trace must not carry them either.
try {
    $get('relative', ['Authorization' => 'secret']);
} catch (Ferry\Exception\InvalidArgumentException $e) {
    echo get_class($e->getTrace()[0]['args'][2] ?? $e), "\n";
}
?>
--INI--
zend.exception_ignore_args=0
--EXPECTF--
Ferry\Exception\InvalidArgumentException: Argument $method must be an HTTP method such as "GET", and not CONNECT, "GET /x HTTP/1.1\r\nX: y" given
Ferry\Exception\InvalidArgumentException: Argument $method must be an HTTP method such as "GET", and not CONNECT, "CONNECT" given
Ferry\Exception\InvalidArgumentException: Argument $method must be an HTTP method such as "GET", and not CONNECT, "" given
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "http://a.example/\r\nX: y" given: it has a control character
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "/relative" given: it is relative, and there is no "base_uri"
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "" given: it is relative, and there is no "base_uri"
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "ftp://a.example/" given: its scheme is not http or https
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "http://größe.example/" given: it is no URL of RFC 3986; international host names are written in ASCII, as idn_to_ascii() gives them
Ferry\Exception\InvalidArgumentException: Argument $url must be UTF-8, "http://�/" given
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "http://a.example:99999/" given: it is no URL of RFC 3986; international host names are written in ASCII, as idn_to_ascii() gives them
Ferry\Exception\InvalidArgumentException: Argument $url must be a URL such as "https://api.example/users", "http://a.example/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." given: it is no URL of RFC 3986; international host names are written in ASCII, as idn_to_ascii() gives them
Ferry\Exception\InvalidArgumentException: Argument $headers has the field "X-A", whose value has a line break or another control character
Ferry\Exception\InvalidArgumentException: Argument $headers has the field "X-A", whose value has a line break or another control character
Ferry\Exception\InvalidArgumentException: Argument $headers has "X-A\nX-B", which is no name of a header field
Ferry\Exception\InvalidArgumentException: Argument $headers must be an array of name => value, each value a string, an integer or a list of them
Ferry\Exception\InvalidArgumentException: Argument $headers must be an array of name => value, each value a string, an integer or a list of them
Ferry\Exception\InvalidArgumentException: Argument $headers must be an array of name => value, each value a string, an integer or a list of them
Ferry\Exception\InvalidArgumentException: Argument $headers must be an array of name => value, each value a string, an integer or a list of them
Ferry\Exception\InvalidArgumentException: Argument $headers has the field "Transfer-Encoding", which is the connection's and not the request's
Ferry\Exception\InvalidArgumentException: Argument $headers has the field "Content-Length", and the body has 4 bytes
Ferry\Exception\InvalidArgumentException: Argument $headers has more than 256 fields
Ferry\Exception\InvalidArgumentException: Option "timeout" must be 0 (off) or a number of seconds from 0.001 to 86400, -1 given.
Ferry\Exception\InvalidArgumentException: Option "max_redirects" must be an integer from 0 to 100, "5" given.
Ferry\Exception\InvalidArgumentException: Option "stream" must be a bool, 1 given.
Ferry\Exception\InvalidArgumentException: Option "proxy" is unknown; known are idle_timeout, max_body_bytes, max_redirects, stream, timeout.
Ferry\Exception\InvalidArgumentException: Option "0" is unknown; known are idle_timeout, max_body_bytes, max_redirects, stream, timeout.
Ferry\Exception\InvalidArgumentException: Option "timout" is unknown; did you mean "timeout"?
Ferry\Exception\InvalidArgumentException: Option "base_uri" must be null or a URL such as "https://api.example/v1/" without a user, a string of 11 bytes given.
Ferry\Exception\InvalidArgumentException: Option "proxy" must be null (what the environment says), false (none) or the URL of a proxy such as "http://proxy.example:3128", a string of 27 bytes given.
Ferry\Exception\InvalidArgumentException: Option "ca_file" must be the path of a PEM file with certificates, "%shttp_client_arguments.php" given.
Ferry\Exception\InvalidArgumentException: Option "http_version" must be null, "1.1" or "2", 2 given.
Ferry\Exception\InvalidArgumentException: Option "headers" has the field "X-A", whose value has a line break or another control character.
Ferry\Exception\InvalidArgumentException: Option "headers" must be an array of name => value, each value a string, an integer or a list of them, a string of 11 bytes given.
Ferry\Exception\InvalidArgumentException: Option "user_agent" must be null or a string without line breaks, "a\nb" given.
Ferry\Exception\InvalidArgumentException: Option "max_pending" must be an integer from 1 to 1000000, 0 given.
Ferry\Exception\InvalidArgumentException: Option "no_proxy" needs "proxy".
Ferry\Exception\InvalidArgumentException: Option "connect_timeout" must be a number of seconds from 0.001 to 86400, NAN given.
Ferry\Exception\InvalidArgumentException: Option "0" is unknown; known are base_uri, ca_file, connect_timeout, headers, http_version, idle_timeout, keep_alive, max_body_bytes, max_connections_per_host, max_pending, max_redirects, no_proxy, proxy, timeout, user_agent.
Ferry\Exception\InvalidArgumentException: Argument $max must be an integer from 1 to 16777216, 0 given
Ferry\Exception\InvalidArgumentException: Argument $max must be an integer from 1 to 16777216, 1073741824 given
{"requests":2,"failed":0,"refused":0,"retried":0,"redirected":0,"connections":1,"pending":0}
SensitiveParameterValue
