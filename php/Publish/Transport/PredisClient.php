<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublisherUnreachableException;
use Predis\Client;
use Predis\CommunicationException;

/**
 * Over predis/predis, 1.1 or newer.
 *
 * Predis sets options of TLS on PHP's default context, for every other stream of the process. So it gets none: with rediss://
 * Redis' certificate must be of an authority that PHP trusts (the system's, or openssl.cafile).
 */
final class PredisClient implements RedisClientInterface
{
    private ?Client $client = null;
    private int $pid = 0;
    private float $usedAt = 0.0;

    /**
     * @param float $timeout seconds to connect, and for an answer
     *
     * @throws InvalidArgumentException when the DSN names files for TLS
     */
    public function __construct(private readonly RedisDsn $dsn, private readonly float $timeout = 2.0)
    {
        if (null !== ($dsn->caFile ?? $dsn->certFile)) {
            throw new InvalidArgumentException('The DSN for Redis has ca_file or cert_file, which Predis would hand to every TLS stream of the process. Install the extension redis; an authority alone may be named in openssl.cafile of php.ini instead.');
        }
    }

    public function command(string $name, string|int|float ...$arguments): mixed
    {
        try {
            $reply = self::run($this->connection(), [$name, ...$arguments]);
        } catch (CommunicationException $e) {
            $this->client = null;

            throw new PublisherUnreachableException(sprintf('Redis at %s cannot be reached or does not answer: %s', $this->dsn, $e->getMessage()), 0, $e);
        }

        $this->usedAt = microtime(true);

        return $reply;
    }

    private function connection(): Client
    {
        // A connection made before a fork belongs to the parent.
        if (null !== $this->client && getmypid() === $this->pid) {
            if (microtime(true) - $this->usedAt < 1.0) {
                return $this->client;
            }

            try {
                self::run($this->client, ['PING']);

                return $this->client;
            } catch (CommunicationException) {
                // Redis closed it while it was idle.
            }
        }

        $place = match (true) {
            null !== $this->dsn->path => ['scheme' => 'unix', 'path' => $this->dsn->path],
            default => ['scheme' => $this->dsn->tls ? 'tls' : 'tcp', 'host' => $this->dsn->host, 'port' => $this->dsn->port],
        };
        // Blocking commands have a time limit of their own, within this one.
        $client = new Client($place + ['timeout' => $this->timeout, 'read_write_timeout' => (int) ceil($this->timeout) + 1]);
        $warnings = [];

        try {
            Warnings::collect($client->connect(...), $warnings);
        } catch (CommunicationException $e) {
            throw new PublisherUnreachableException(sprintf('Redis at %s cannot be reached: %s', $this->dsn, implode('; ', [$e->getMessage(), ...$warnings])), 0, $e);
        }

        if (null !== $this->dsn->password) {
            self::run($client, ['AUTH', ...(null === $this->dsn->user ? [] : [$this->dsn->user]), $this->dsn->password]);
        }

        if (0 !== $this->dsn->database) {
            self::run($client, ['SELECT', $this->dsn->database]);
        }

        $this->pid = (int) getmypid();

        return $this->client = $client;
    }

    /**
     * @param list<string|int|float> $words
     */
    private static function run(Client $client, array $words): mixed
    {
        $failed = false;
        $warnings = [];
        $reply = Warnings::collect(static function () use ($client, $words, &$failed): mixed {
            return $client->executeRaw($words, $failed);
        }, $warnings);

        return $failed ? throw new RedisError((string) $reply) : $reply;
    }
}
