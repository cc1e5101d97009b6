--TEST--
Metrics and health are answered while a callback blocks
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$server = server(['metrics' => true, 'health_timeout' => 0.05]);
$url = $server->listen();
$get = function (string $path) use ($url): array {
    $body = file_get_contents('http://' . substr($url, 5) . $path, false, stream_context_create(['http' => ['ignore_errors' => true]]));

    return [(int) explode(' ', $http_response_header[0])[1], $body];
};
$server->onMessage(function ($c) use ($get) {
    // This thread asks, so no other part of PHP can have answered.
    until(fn () => 503 === $get('/healthz')[0]);
    echo $get('/healthz')[1], "\n";
    [$status, $page] = $get('/metrics');
    echo $status, "\n";
    preg_match_all('/^ferry_(?:callback_running_seconds|php_away_seconds) (\S+)$/m', $page, $found);
    foreach ($found[1] as $seconds) { var_dump($seconds >= 0.05); }
    preg_match_all('/^ferry_(?:connections|messages_received_total|connections_opened_total) \d+$/m', $page, $found);
    echo implode("\n", $found[0]), "\n";
    $c->send('done');
});
$client = Ferry\WsClient::connect($url);
$client->send('x');
pump($server, fn () => $server->stats()->messagesOut === 1);
echo $client->receive(), $get('/healthz')[0], "\n";
preg_match('/^ferry_callback_duration_seconds_count \d+$/m', $get('/metrics')[1], $found);
echo $found[0], "\n";
?>
--EXPECTF--
{"callback_seconds":%f,"php_away_seconds":%f,"status":"php does not come back"}
200
bool(true)
bool(true)
ferry_connections 1
ferry_connections_opened_total 1
ferry_messages_received_total 1
done200
ferry_callback_duration_seconds_count 1
