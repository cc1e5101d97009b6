<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublisherUnreachableException;

/**
 * Over the extension redis.
 */
final class PhpRedisClient implements RedisClientInterface
{
    private ?\Redis $redis = null;
    private int $pid = 0;
    private float $usedAt = 0.0;

    /**
     * @param float $timeout seconds to connect, and for an answer
     */
    public function __construct(private readonly RedisDsn $dsn, private readonly float $timeout = 2.0)
    {
    }

    public function command(string $name, string|int|float ...$arguments): mixed
    {
        $warnings = [];

        try {
            $redis = $this->connection();
            $redis->clearLastError();
            $reply = Warnings::collect(static fn () => $redis->rawCommand($name, ...$arguments), $warnings);
            $error = $redis->getLastError();
        } catch (\RedisException $e) {
            // The extension throws some of Redis' own errors, too; they begin with a code. Two of its own look like one.
            if (1 === preg_match('{^(?!(?:AUTH|SELECT) failed )[A-Z]{2,} }', $e->getMessage())) {
                throw new RedisError($e->getMessage(), 0, $e);
            }

            $this->redis = null;

            throw new PublisherUnreachableException(sprintf('Redis at %s cannot be reached or does not answer: %s', $this->dsn, $e->getMessage()), 0, $e);
        }

        $this->usedAt = microtime(true);

        if (null !== $error) {
            throw new RedisError($error);
        }

        return false === $reply ? null : $reply;
    }

    private function connection(): \Redis
    {
        // A connection made before a fork belongs to the parent.
        if (null !== $this->redis && getmypid() === $this->pid) {
            if (microtime(true) - $this->usedAt < 1.0) {
                return $this->redis;
            }

            $warnings = [];

            try {
                Warnings::collect($this->redis->ping(...), $warnings);

                return $this->redis;
            } catch (\RedisException) {
                // Redis closed it while it was idle.
            }
        }

        $redis = new \Redis();
        $context = $this->dsn->tls ? ['stream' => $this->dsn->tlsOptions()] : [];
        $warnings = [];

        try {
            Warnings::collect(fn () => $this->open($redis, $context), $warnings);
        } catch (\RedisException $e) {
            // With TLS a refusal may be read only where the login is answered.
            throw [] === $warnings ? $e : new \RedisException('no connection: '.implode('; ', [...$warnings, $e->getMessage()]), 0, $e);
        }

        $this->pid = (int) getmypid();

        return $this->redis = $redis;
    }

    /**
     * @param array{stream?: array<string, string|bool>} $context
     *
     * @throws \RedisException
     */
    private function open(\Redis $redis, array $context): void
    {
        $host = $this->dsn->path ?? ($this->dsn->tls ? 'tls://' : '').$this->dsn->host;

        // Blocking commands have a time limit of their own, within the last one.
        if (!$redis->connect($host, null === $this->dsn->path ? $this->dsn->port : 0, $this->timeout, null, 0, $this->timeout + 1.0, $context)) {
            throw new \RedisException('it refused the connection');
        }

        if (null !== $this->dsn->password) {
            $redis->auth(null === $this->dsn->user ? $this->dsn->password : [$this->dsn->user, $this->dsn->password]);
        }

        if (0 !== $this->dsn->database && !$redis->select($this->dsn->database)) {
            throw new \RedisException('ERR '.($redis->getLastError() ?? 'no such database'));
        }
    }
}
