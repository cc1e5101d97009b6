<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security\Session;

/**
 * Reads the sessions of Symfony's MockFileSessionStorage, which functional tests use.
 *
 * @internal
 */
final class MockSessionHandler implements \SessionHandlerInterface
{
    public function __construct(private readonly string $dir)
    {
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read(string $id): string
    {
        $file = $this->dir.'/'.$id.'.mocksess';

        return is_file($file) ? (string) file_get_contents($file) : '';
    }

    public function write(string $id, string $data): bool
    {
        return false;
    }

    public function destroy(string $id): bool
    {
        return false;
    }

    public function gc(int $max_lifetime): int
    {
        return 0;
    }
}
