--TEST--
No dump of a handshake shows a ticket, or a token that nobody took
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$ticket = 'fwt1.c2VjcmV0LWNvbnRlbnQ.c2VjcmV0LXNpZ25hdHVyZQ';
$server = server(['token' => ['query' => null]]);
$connection = null;
$server->onOpen(function ($c) use (&$connection) { $connection = $c; });
$url = $server->listen();
foreach (["?ticket=$ticket", "?entry=$ticket&a=b", '?%74icket=42', '?Token=secret-content&a=b', '?access_token=secret-content', '?x=' . rawurlencode(rawurlencode($ticket))] as $query) {
    $connection = null;
    $client = Ferry\WsClient::connect("$url/$query", ['Referer' => "https://example.org/?ticket=$ticket", 'Cookie' => "t=$ticket"]);
    pump($server, function () use (&$connection) { return $connection; });
    $handshake = $connection->handshake();
    ob_start();
    var_dump($handshake); print_r($handshake); var_export($handshake); echo json_encode($handshake);
    $text = ob_get_clean();
    echo json_encode($handshake->__debugInfo()['query']), preg_match('/c2VjcmV0|secret/', $text) ? ' shown' : ' hidden', ' ', count($handshake->query), "\n";
    assert(!in_array('[redacted]', $handshake->query, true));
}
?>
--EXPECT--
{"ticket":"[redacted]"} hidden 1
{"entry":"[redacted]","a":"b"} hidden 2
{"ticket":"[redacted]"} hidden 1
{"Token":"[redacted]","a":"b"} hidden 2
{"access_token":"[redacted]"} hidden 1
{"x":"[redacted]"} hidden 1
