<?php

declare(strict_types=1);

namespace Ferry\Status;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Publish\Transport\ControlClient;

/**
 * Asks the control endpoint, which answers even while a handler blocks PHP.
 */
final class ControlStatusReader implements StatusReaderInterface
{
    private ?ControlClient $client = null;

    /**
     * @param string $dsn    unix:///path or http(s)://host:port, of the server's option "control"
     * @param string $secret of that option
     */
    public function __construct(private readonly string $dsn, #[\SensitiveParameter] private readonly string $secret)
    {
    }

    public function read(): array
    {
        if ('' === $this->dsn || '' === $this->secret) {
            throw new InvalidArgumentException('ws:status asks the control endpoint of the server: set its option "control", and its address and secret here.');
        }

        $this->client ??= ControlClient::fromDsn($this->dsn, $this->secret);

        return $this->client->request('GET', '/status');
    }

    public function describe(): string
    {
        return '' === $this->dsn ? 'no address' : $this->dsn;
    }
}
