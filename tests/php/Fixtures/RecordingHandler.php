<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Ferry\HandshakeHandlerInterface;
use Ferry\Identity;

/**
 * Writes down what it is called with. A message "throw" makes it throw.
 *
 * Its connections may be anything, so that it also works where ext-ferry is missing.
 */
final class RecordingHandler implements HandshakeHandlerInterface
{
    /** @var list<array<mixed>> */
    public array $calls = [];

    public function onHandshake(mixed $handshake): Identity|bool|int|null
    {
        $this->calls[] = ['handshake'];

        return 418;
    }

    public function onOpen(mixed $connection): void
    {
        $this->calls[] = ['open'];
    }

    public function onMessage(mixed $connection, string $data, bool $binary): void
    {
        $this->calls[] = ['message', $data, $binary];

        if ('throw' === $data) {
            throw new \DomainException('asked to throw');
        }
    }

    public function onClose(mixed $connection, int $code, string $reason): void
    {
        $this->calls[] = ['close', $code, $reason];
    }

    public function onError(mixed $connection, \Throwable $error): void
    {
        $this->calls[] = ['error', $error->getMessage()];
    }
}
