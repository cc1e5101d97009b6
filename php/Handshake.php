<?php

declare(strict_types=1);

namespace Ferry;

/**
 * The HTTP request that opened a connection. Without ext-ferry there are none: the class is here for type hints and for
 * Ferry\Testing\FakeHandshake.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing. What the members mean is said in
 * stubs/Handshake.php.
 *
 * @final
 */
class Handshake
{
    public readonly string $method;
    public readonly string $path;

    /** @var array<string, mixed> */
    public readonly array $query;

    /** @var array<string, string> */
    public readonly array $headers;

    /** @var array<string, string> */
    public readonly array $cookies;

    /** @var list<string> */
    public readonly array $subprotocols;
    public readonly ?string $subprotocol;
    public readonly string $remoteAddress;
    public readonly ?string $token;

    private function __construct()
    {
    }

    public function header(string $name): ?string
    {
        self::refuse();
    }

    public function identity(): ?Identity
    {
        self::refuse();
    }

    /**
     * @return array<string, mixed>
     */
    public function claims(): array
    {
        self::refuse();
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return get_object_vars($this);
    }

    private static function refuse(): never
    {
        throw new Exception\LogicException('Ferry\Handshake objects are made by the server');
    }
}
