<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Http;

use Ferry\Handshake;
use Illuminate\Http\Request;

/**
 * The HTTP request that opened a connection, as Laravel knows requests.
 */
final class HandshakeRequest
{
    /**
     * A token that a browser sent as subprotocol is in the Authorization header, where guards look for it. The request asks for
     * JSON, so that middleware answers with a status and never with a redirect or an error page.
     */
    public static function from(Handshake $handshake): Request
    {
        $query = http_build_query($handshake->query);
        $host = $handshake->headers['host'] ?? 'localhost';
        $server = [
            'REQUEST_METHOD' => $handshake->method,
            'REQUEST_URI' => $handshake->path.('' === $query ? '' : '?'.$query),
            'QUERY_STRING' => $query,
            'SERVER_PROTOCOL' => 'HTTP/1.1',
            'SERVER_NAME' => (string) preg_replace('/:\d+$/', '', $host),
            'SERVER_PORT' => 1 === preg_match('/:(\d+)$/', $host, $port) ? (int) $port[1] : 80,
            'REMOTE_ADDR' => str_starts_with($handshake->remoteAddress, 'unix:') ? '127.0.0.1' : $handshake->remoteAddress,
            'REQUEST_TIME' => time(),
            'REQUEST_TIME_FLOAT' => microtime(true),
            'HTTP_ACCEPT' => 'application/json',
            'HTTP_X_REQUESTED_WITH' => 'XMLHttpRequest',
        ];

        foreach ($handshake->headers as $name => $value) {
            // The address is the client's already; a second opinion from these could only be a forged one.
            if (!\in_array($name, ['forwarded', 'x-forwarded-for', 'accept', 'x-requested-with'], true)) {
                $server['HTTP_'.strtr(strtoupper($name), '-', '_')] = $value;
            }
        }

        if (null !== $handshake->token) {
            $server['HTTP_AUTHORIZATION'] ??= 'Bearer '.$handshake->token;
        }

        return new Request($handshake->query, [], [], $handshake->cookies, [], $server);
    }
}
