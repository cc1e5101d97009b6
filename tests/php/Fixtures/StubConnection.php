<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

/**
 * What the dispatcher uses of a connection, with what was sent.
 */
final class StubConnection
{
    public string $id = 'stub';

    /** @var list<string> */
    public array $sent = [];

    /** @var ?array{int, string} */
    public ?array $closed = null;

    public function __construct(public readonly string $path = '/', public readonly ?object $identity = null)
    {
    }

    public function handshake(): object
    {
        return self::handshakeFor($this->path);
    }

    public static function handshakeFor(string $path): object
    {
        return (object) ['path' => $path];
    }

    public function identity(): ?object
    {
        return $this->identity;
    }

    public function send(string $data, bool $binary = false): void
    {
        $this->sent[] = $data;
    }

    public function sendJson(mixed $data): void
    {
        $this->sent[] = json_encode($data, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES);
    }

    public function close(int $code = 1000, string $reason = ''): void
    {
        $this->closed = [$code, $reason];
    }
}
