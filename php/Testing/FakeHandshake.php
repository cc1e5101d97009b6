<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\Auth\TicketCodec;
use Ferry\Handshake;
use Ferry\Identity;

/**
 * A handshake made in PHP, for unit tests with and without ext-ferry.
 *
 *     $handler->onHandshake(new FakeHandshake('/chat/5?lang=de', headers: ['Origin' => 'https://example.org'], token: 'abc'));
 */
final class FakeHandshake extends Handshake
{
    private const REDACTED = '[redacted]';
    private const SECRETS = ['token', 'ticket', 'access_token'];

    public readonly string $method;
    public readonly string $path;
    public readonly array $query;
    public readonly array $headers;
    public readonly array $cookies;
    public readonly array $subprotocols;
    public readonly ?string $subprotocol;
    public readonly string $remoteAddress;
    public readonly ?string $token;

    private readonly ?Identity $identity;

    /**
     * @param string                $target       path, with a query if there is one
     * @param array<string, string> $headers      names in any case
     * @param array<string, string> $cookies
     * @param list<string>          $subprotocols offered by the client
     * @param ?string               $subprotocol  agreed on
     * @param ?string               $token        as it was found in the request; not verified
     * @param ?Identity             $identity     of the verified token
     */
    public function __construct(
        string $target = '/',
        array $headers = [],
        array $cookies = [],
        array $subprotocols = [],
        ?string $subprotocol = null,
        string $remoteAddress = '127.0.0.1',
        #[\SensitiveParameter] ?string $token = null,
        ?Identity $identity = null,
        string $method = 'GET',
    ) {
        [$path, $query] = explode('?', $target, 2) + [1 => ''];
        parse_str($query, $parsed);

        $this->method = $method;
        $this->path = $path;
        $this->query = $parsed;
        $this->headers = array_change_key_case($headers);
        $this->cookies = $cookies;
        $this->subprotocols = $subprotocols;
        $this->subprotocol = $subprotocol;
        $this->remoteAddress = $remoteAddress;
        $this->token = $token;
        $this->identity = $identity;
    }

    public function header(string $name): ?string
    {
        return $this->headers[strtolower($name)] ?? null;
    }

    public function identity(): ?Identity
    {
        return $this->identity;
    }

    public function claims(): array
    {
        return $this->identity?->claims ?? [];
    }

    /** As the server's own: no value that has the token or a ticket. */
    public function __debugInfo(): array
    {
        $shown = [
            'headers' => array_replace($this->headers, array_fill_keys(array_intersect(['authorization', 'proxy-authorization'], array_keys($this->headers)), self::REDACTED)),
            'token' => null === $this->token ? null : self::REDACTED,
        ] + get_object_vars($this);

        foreach (['query', 'headers', 'cookies'] as $name) {
            $shown[$name] = array_map($this->hide(...), $shown[$name]);
        }

        foreach (array_keys($shown['query']) as $name) {
            if (\in_array(strtolower((string) $name), self::SECRETS, true)) {
                $shown['query'][$name] = self::REDACTED;
            }
        }

        unset($shown['identity']);

        return $shown;
    }

    private function hide(mixed $value): mixed
    {
        $secret = \is_array($value) || null !== $this->token && str_contains((string) $value, $this->token) || str_contains(rawurldecode((string) $value), TicketCodec::PREFIX);

        return $secret ? self::REDACTED : $value;
    }
}
