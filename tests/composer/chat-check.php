<?php

/*
 * What the README promises of its chats: php chat-check.php ADDRESS CONSOLE USER=AUTHOR USER=AUTHOR, in the application's
 * folder. Tickets are issued by "CONSOLE ws:ticket USER"; AUTHOR is how others see the user.
 */

declare(strict_types=1);

use Ferry\Exception\ConnectionException;
use Ferry\WsClient;

[, $address, $console] = $argv;
[[$first, $alice], [$second, $bob]] = array_map(static fn (string $pair): array => explode('=', $pair, 2), array_slice($argv, 3));

function expect(mixed $expected, mixed $seen, string $what): void
{
    if ($expected !== $seen) {
        fwrite(\STDERR, "$what: expected ".var_export($expected, true).', seen '.var_export($seen, true)."\n");

        exit(1);
    }
}

function connect(string $address, string $console, string $user): WsClient
{
    exec($console.' ws:ticket '.escapeshellarg($user).' 2>&1', $lines, $status);
    expect(0, $status, "ws:ticket $user: ".implode("\n", $lines));

    return WsClient::connect("$address/chat/lobby?ticket=".urlencode(trim(implode('', $lines))));
}

function said(string $author, string $text): string
{
    return json_encode(['type' => 'said', 'data' => ['author' => $author, 'text' => $text]], \JSON_THROW_ON_ERROR);
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

$one = connect($address, $console, $first);
$two = connect($address, $console, $second);
// A reply says that the handler has run, so that the second is in the room when the first speaks.
$two->send('{"type":"say","data":{"text":"I am here"},"id":1}');

while (!str_contains((string) $message = $two->receive(10.0), '"reply"')) {
    expect(said($bob, 'I am here'), $message, 'what the second hears of himself');
}

$one->send('{"type":"say","data":{"text":"Hello"}}');
expect(said($alice, 'Hello'), $two->receive(10.0), 'what the second hears');

do {
    $message = $one->receive(10.0);
} while (str_contains((string) $message, $bob));
expect(said($alice, 'Hello'), $message, 'what the first hears');

$one->send('{"type":"say","data":{}}');
$error = json_decode((string) $one->receive(10.0), true);
expect(['error', 'invalid_message', 'text'], [$error['type'] ?? null, $error['code'] ?? null, $error['violations'][0]['path'] ?? null], 'the answer to a message without text');

expect(401, refused("$address/chat/lobby"), 'a client without a ticket');
expect(401, refused("$address/chat/lobby?ticket=forged"), 'a client with a forged ticket');
expect(404, refused("$address/elsewhere"), 'a path that nothing serves');
