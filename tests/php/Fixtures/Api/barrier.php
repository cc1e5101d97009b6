<?php

declare(strict_types=1);

// An HTTP server that answers nobody until as many requests wait as its argument says: who waits for one at a time waits for ever.
$server = stream_socket_server('tcp://127.0.0.1:0') ?: exit(1);
echo '(http://', stream_socket_get_name($server, false), ") started\n";
$clients = $waiting = [];

for (;;) {
    $read = [$server, ...$clients];
    $none = null;
    stream_select($read, $none, $none, null);

    foreach ($read as $stream) {
        if ($stream === $server) {
            $client = stream_socket_accept($server) ?: exit(1);
            $clients[(int) $client] = $client;
        } elseif ('' === $bytes = (string) fread($stream, 65536)) {
            unset($clients[(int) $stream], $waiting[(int) $stream]);
        } else {
            preg_match('/^authorization: (.*)\r$/im', $bytes, $match);
            $waiting[(int) $stream] = $match[1] ?? '';
        }
    }

    if (count($waiting) >= (int) $argv[1]) {
        foreach ($waiting as $id => $authorization) {
            $body = json_encode(['authorization' => $authorization, 'together' => count($waiting)]);
            fwrite($clients[$id], sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", strlen($body), $body));
        }

        $waiting = [];
    }
}
