--TEST--
HttpClient: the environment says which requests go through a proxy
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$proxy = new Script(<<<'PHP'
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    echo stream_socket_get_name($listener, false), "\n";
    while ($client = stream_socket_accept($listener, -1)) {
        $body = 'through the proxy: '.rtrim(fgets($client));
        while ('' !== $line = rtrim(fgets($client))) {
            $body .= preg_match('/^proxy-authorization: (.*)/i', $line, $m) ? " as $m[1]" : '';
        }
        fwrite($client, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ".strlen($body)."\r\n\r\n".$body);
        fclose($client);
    }
    PHP);
$at = $proxy->line();
// What the machine itself says stays out.
$names = array_flip(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'REQUEST_METHOD']);
$machine = array_filter(getenv(), static fn (string $name): bool => !isset($names[strtoupper($name)]), ARRAY_FILTER_USE_KEY);
$show = static function (string $case, array $environment, string $options = '[]') use ($origin, $machine): void {
    $url = var_export($origin->url.'/delay/0', true);
    $script = new Script("echo (new Ferry\HttpClient($options))->request('GET', $url)->body(), \"\\n\";", environment: $environment + $machine);
    echo $case, ': ', str_replace(substr($origin->url, 7), 'ORIGIN', $script->line()), "\n";
};
$show('nothing', []);
$show('HTTP_PROXY', ['HTTP_PROXY' => "http://$at"]);
$show('http_proxy', ['http_proxy' => $at]);
$show('ALL_PROXY', ['ALL_PROXY' => "http://$at"]);
$show('HTTPS_PROXY', ['HTTPS_PROXY' => "http://$at"]);
$show('with a password', ['HTTP_PROXY' => "http://u:p@$at"]);
$show('NO_PROXY for another host', ['HTTP_PROXY' => "http://$at", 'NO_PROXY' => 'a.example,10.0.0.0/8']);
$show('NO_PROXY', ['HTTP_PROXY' => "http://$at", 'NO_PROXY' => 'a.example,127.0.0.1']);
$show('NO_PROXY for a network', ['HTTP_PROXY' => "http://$at", 'NO_PROXY' => '127.0.0.0/8']);
$show('CGI', ['HTTP_PROXY' => "http://$at", 'REQUEST_METHOD' => 'GET']);
$show('option', ['HTTP_PROXY' => "http://$at"], '["proxy" => false]');
?>
--EXPECT--
nothing: waited 0
HTTP_PROXY: through the proxy: GET http://ORIGIN/delay/0 HTTP/1.1
http_proxy: through the proxy: GET http://ORIGIN/delay/0 HTTP/1.1
ALL_PROXY: through the proxy: GET http://ORIGIN/delay/0 HTTP/1.1
HTTPS_PROXY: waited 0
with a password: through the proxy: GET http://ORIGIN/delay/0 HTTP/1.1 as Basic dTpw
NO_PROXY for another host: through the proxy: GET http://ORIGIN/delay/0 HTTP/1.1
NO_PROXY: waited 0
NO_PROXY for a network: waited 0
CGI: waited 0
option: waited 0
