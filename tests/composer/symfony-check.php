<?php

/*
 * What the README promises of its chat: php symfony-check.php ADDRESS, in the application's folder.
 */

declare(strict_types=1);

use Ferry\Exception\ConnectionException;
use Ferry\WsClient;

$address = $argv[1];

function expect(mixed $expected, mixed $seen, string $what): void
{
    if ($expected !== $seen) {
        fwrite(\STDERR, "$what: expected ".var_export($expected, true).', seen '.var_export($seen, true)."\n");

        exit(1);
    }
}

function connect(string $address, string $user): WsClient
{
    exec('php bin/console ws:ticket '.escapeshellarg($user).' 2>&1', $lines, $status);
    expect(0, $status, "ws:ticket $user: ".implode("\n", $lines));

    return WsClient::connect("$address/chat/lobby?ticket=".urlencode(trim(implode('', $lines))));
}

/** The HTTP status of a refused handshake. */
function refused(string $url): int
{
    try {
        WsClient::connect($url);
    } catch (ConnectionException $e) {
        return $e->getCode();
    }

    return 101;
}

$alice = connect($address, 'alice');
$bob = connect($address, 'bob');
// A reply says that the handler has run, so that bob is in the room when alice speaks.
$bob->send('{"type":"say","data":{"text":"I am here"},"id":1}');

while (!str_contains((string) $message = $bob->receive(10.0), '"reply"')) {
    expect('{"type":"said","data":{"author":"bob","text":"I am here"}}', $message, 'what bob hears of himself');
}

$alice->send('{"type":"say","data":{"text":"Hello"}}');
$said = '{"type":"said","data":{"author":"alice","text":"Hello"}}';
expect($said, $bob->receive(10.0), 'what bob hears');

do {
    $message = $alice->receive(10.0);
} while (str_contains((string) $message, '"bob"'));
expect($said, $message, 'what alice hears');

$alice->send('{"type":"say","data":{}}');
$error = json_decode((string) $alice->receive(10.0), true);
expect(['error', 'invalid_message', 'text'], [$error['type'] ?? null, $error['code'] ?? null, $error['violations'][0]['path'] ?? null], 'the answer to a message without text');

expect(401, refused("$address/chat/lobby"), 'a client without a ticket');
expect(401, refused("$address/chat/lobby?ticket=forged"), 'a client with a forged ticket');
expect(404, refused("$address/elsewhere"), 'a path that nothing serves');
