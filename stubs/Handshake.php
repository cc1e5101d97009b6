<?php

namespace Ferry;

/**
 * The HTTP request that opened a connection (RFC 6455 section 4.1).
 *
 * Wherever the object as a whole is shown or turned into an array (var_dump(), var_export(), json_encode(), (array),
 * foreach), '[redacted]' stands for every value with the token.
 *
 * @final Extended by Ferry\Testing\FakeHandshake alone: an object of another class has no request.
 */
class Handshake
{
    public readonly string $method;

    /** Path without query, as sent (not decoded). */
    public readonly string $path;

    /** @var array<string, mixed> parsed as PHP parses $_GET */
    public readonly array $query;

    /** @var array<string, string> lower-case names; repeated fields joined with ', ' */
    public readonly array $headers;

    /** @var array<string, string> */
    public readonly array $cookies;

    /** @var list<string> offered by the client, without the bearer token */
    public readonly array $subprotocols;

    /** The subprotocol agreed on, null without one. */
    public readonly ?string $subprotocol;

    public readonly string $remoteAddress;

    /** The token as found. */
    public readonly ?string $token;

    private function __construct() {}

    /** One header by name, any case. */
    public function header(string $name): ?string {}

    /** The identity from the verified token, before onHandshake has answered. */
    public function identity(): ?Identity {}

    /** @return array<string, mixed> claims of the verified token, [] without one */
    public function claims(): array {}

    /** @return array<string, mixed> */
    public function __debugInfo(): array {}
}
