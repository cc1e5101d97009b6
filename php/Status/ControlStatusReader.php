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
     * @param ?string $dsn    unix:///path or http(s)://host:port; another one leads to no control endpoint
     * @param ?string $secret of the server's option "control"
     * @param ?string $listen where that option listens, if the DSN does not say so: unix:///path or host:port
     */
    public function __construct(private readonly ?string $dsn, #[\SensitiveParameter] private readonly ?string $secret, private readonly ?string $listen = null)
    {
    }

    public function read(): array
    {
        $address = $this->address();

        if (null === $address || null === $this->secret || '' === $this->secret) {
            throw new InvalidArgumentException('ws:status asks the control endpoint of the server: let it listen on unix:///path or host:port, and set its secret (docs/publishing.md).');
        }

        $this->client ??= ControlClient::fromDsn($address, $this->secret);

        return $this->client->request('GET', '/status');
    }

    public function describe(): string
    {
        return $this->address() ?? 'no address';
    }

    private function address(): ?string
    {
        if (null !== $this->dsn && 1 === preg_match('{^(unix|https?):}', $this->dsn)) {
            return $this->dsn;
        }

        if (null === $this->listen || '' === $this->listen) {
            return null;
        }

        // What listens everywhere is asked here.
        return str_starts_with($this->listen, 'unix:') ? $this->listen : 'http://'.preg_replace(['/^0\.0\.0\.0:/', '/^\[::]:/'], ['127.0.0.1:', '[::1]:'], $this->listen);
    }
}
