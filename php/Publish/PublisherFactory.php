<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Handler\CurrentServer;
use Ferry\Publish\Transport\ControlClient;
use Ferry\Publish\Transport\ControlTransport;
use Ferry\Publish\Transport\InProcessTransport;
use Ferry\Publish\Transport\MemoryTransport;
use Ferry\Publish\Transport\NullTransport;
use Ferry\Publish\Transport\RedisTransport;
use Ferry\Publish\Transport\TransportInterface;

/**
 * Makes publishers from DSNs:
 *
 * | DSN | |
 * |---|---|
 * | unix:///path, http(s)://host:port | the control endpoint of the server |
 * | redis://[user:password@]host[:port][/db], rediss://…, redis:///path | Redis, and through it every server |
 * | in-process: | the server of this process |
 * | memory: | remembered, for tests |
 * | null: | nowhere |
 *
 * Inside the process that serves, every DSN but memory: and null: is in-process.
 */
final class PublisherFactory
{
    public function __construct(private readonly CurrentServer $current = new CurrentServer())
    {
    }

    /**
     * @param string $secret  of the control endpoint; the other transports need none
     * @param float  $timeout seconds
     *
     * @throws InvalidArgumentException when the DSN cannot be used; it is not shown, as it may hold a password
     */
    public function create(#[\SensitiveParameter] string $dsn, #[\SensitiveParameter] string $secret = '', float $timeout = 2.0): Publisher
    {
        return new Publisher($this->transport($dsn, $secret, $timeout));
    }

    public function transport(#[\SensitiveParameter] string $dsn, #[\SensitiveParameter] string $secret = '', float $timeout = 2.0): TransportInterface
    {
        $scheme = strstr($dsn, ':', true);

        return match ($scheme) {
            'unix', 'http', 'https' => new InProcessTransport($this->current, new ControlTransport(ControlClient::fromDsn($dsn, $secret, $timeout))),
            'redis', 'rediss' => new InProcessTransport($this->current, RedisTransport::fromDsn($dsn, $timeout)),
            'in-process' => new InProcessTransport($this->current),
            'memory' => new MemoryTransport(),
            'null' => new NullTransport(),
            default => throw new InvalidArgumentException('The DSN for publishing must begin with unix:, http:, https:, redis:, rediss:, in-process:, memory: or null:'.('' === $dsn ? ', it is empty' : '')),
        };
    }
}
