<?php

declare(strict_types=1);

namespace Ferry\Http;

use Ferry\Auth\TicketCodec;
use Ferry\Handshake;
use Symfony\Component\HttpFoundation\Request;

/**
 * Makes the request that frameworks know from the handshake that Ferry has read, as if a web server had passed it on.
 *
 * The client's address is Ferry's, which has looked at its trusted proxies already. A token that came by query parameter,
 * subprotocol or cookie stands in the header Authorization, where authenticators look for it. Its address, which gets into logs,
 * has neither it nor a ticket.
 */
final class RequestFactory
{
    /**
     * @template T of Request
     *
     * @param class-string<T> $class     Request or a class that extends it, as Laravel's
     * @param bool            $cookies   false leaves them out, see CrossSite
     *
     * @return T
     */
    public static function fromHandshake(Handshake $handshake, string $class = Request::class, bool $cookies = true): Request
    {
        $server = self::server($handshake);

        if (!$cookies) {
            unset($server['HTTP_COOKIE']);
        }

        return new $class($handshake->query, [], [], $cookies ? $handshake->cookies : [], [], $server, '');
    }

    /**
     * @return array<string, mixed> as in $_SERVER
     */
    private static function server(Handshake $handshake): array
    {
        $query = http_build_query(self::redacted($handshake->query, $handshake->token), '', '&', \PHP_QUERY_RFC3986);
        $now = microtime(true);
        $server = [
            'REQUEST_METHOD' => $handshake->method,
            'REQUEST_URI' => $handshake->path.('' === $query ? '' : '?'.$query),
            'QUERY_STRING' => $query,
            'SERVER_PROTOCOL' => 'HTTP/1.1',
            'SERVER_SOFTWARE' => 'Ferry',
            'SCRIPT_NAME' => '',
            'REMOTE_ADDR' => self::address($handshake->remoteAddress),
            'REQUEST_TIME' => (int) $now,
            'REQUEST_TIME_FLOAT' => $now,
        ];

        foreach ($handshake->headers as $name => $value) {
            // A header "Proxy" would become HTTP_PROXY, which HTTP clients take for their configuration (httpoxy).
            if ('proxy' !== $name) {
                $server['HTTP_'.strtoupper(strtr($name, '-', '_'))] = $value;
            }
        }

        if (null !== $handshake->token && !isset($server['HTTP_AUTHORIZATION'])) {
            $server['HTTP_AUTHORIZATION'] = 'Bearer '.$handshake->token;
        }

        return $server + self::host($handshake->headers['host'] ?? '');
    }

    /**
     * @param array<mixed> $query
     *
     * @return array<mixed>
     */
    private static function redacted(array $query, #[\SensitiveParameter] ?string $token): array
    {
        return array_map(static fn (mixed $value): mixed => match (true) {
            \is_array($value) => self::redacted($value, $token),
            \is_string($value) && (null !== $token && '' !== $token && str_contains($value, $token) || TicketCodec::isTicket($value)) => 'redacted',
            default => $value,
        }, $query);
    }

    /** Clients of a Unix socket are on this machine. */
    private static function address(string $address): string
    {
        return str_starts_with($address, 'unix:') ? '127.0.0.1' : $address;
    }

    /**
     * @return array{SERVER_NAME: string, SERVER_PORT: string}
     */
    private static function host(string $host): array
    {
        preg_match('/^(.*?)(?::(\d{1,5}))?$/', $host, $match);

        return ['SERVER_NAME' => $match[1] ?? '', 'SERVER_PORT' => $match[2] ?? '80'];
    }
}
