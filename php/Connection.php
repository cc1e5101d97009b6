<?php

declare(strict_types=1);

namespace Ferry;

/**
 * One client. Without ext-ferry there are none: the class is here for type hints and for Ferry\Testing\FakeConnection, which
 * overrides everything.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing. What the methods do is said in
 * stubs/Connection.php.
 *
 * @final
 */
#[\AllowDynamicProperties]
class Connection
{
    public readonly string $id;
    public readonly string $remoteAddress;
    public readonly int $connectedAt;

    private function __construct()
    {
    }

    public function send(string $data, bool $binary = false): SendResult
    {
        self::refuse();
    }

    public function sendJson(mixed $data): SendResult
    {
        self::refuse();
    }

    public function ping(string $data = ''): void
    {
        self::refuse();
    }

    public function close(int $code = 1000, string $reason = ''): void
    {
        self::refuse();
    }

    public function isOpen(): bool
    {
        self::refuse();
    }

    public function bufferedBytes(): int
    {
        self::refuse();
    }

    public function join(string ...$rooms): Connection
    {
        self::refuse();
    }

    public function leave(string ...$rooms): Connection
    {
        self::refuse();
    }

    /**
     * @param array<string, string> $offsets
     */
    public function resume(array $offsets): Connection
    {
        self::refuse();
    }

    /**
     * @return list<string>
     */
    public function rooms(): array
    {
        self::refuse();
    }

    public function handshake(): Handshake
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

    public function authenticate(#[\SensitiveParameter] string $jwt): Identity
    {
        self::refuse();
    }

    public function get(string $key, mixed $default = null): mixed
    {
        self::refuse();
    }

    public function set(string $key, mixed $value): Connection
    {
        self::refuse();
    }

    private static function refuse(): never
    {
        throw new Exception\LogicException('Ferry\Connection objects are made by the server');
    }
}
