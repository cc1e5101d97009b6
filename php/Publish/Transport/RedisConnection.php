<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublisherUnreachableException;

/**
 * As much of Redis' protocol (RESP 2) as publishing needs, without an extension.
 *
 * @internal
 */
final class RedisConnection
{
    /**
     * @param resource $stream
     */
    private function __construct(private $stream, private readonly string $address)
    {
    }

    public static function open(string $address, string $user, #[\SensitiveParameter] string $password, int $database, float $timeout): self
    {
        $stream = @stream_socket_client($address, $number, $message, $timeout);

        if (false === $stream) {
            throw new PublisherUnreachableException(sprintf('Cannot connect to Redis at %s: %s', $address, $message));
        }

        // BLPOP waits as long as the timeout; the answer to it comes a little later.
        stream_set_timeout($stream, (int) ceil($timeout) + 1);
        $redis = new self($stream, $address);

        if ('' !== $password) {
            $redis->command('AUTH', ...('' === $user ? [$password] : [$user, $password]));
        }

        if (0 !== $database) {
            $redis->command('SELECT', (string) $database);
        }

        return $redis;
    }

    /** Whether the other side has not ended the connection while it lay idle. */
    public function isAlive(): bool
    {
        $read = [$this->stream];
        $write = $except = null;

        return 0 === stream_select($read, $write, $except, 0);
    }

    /**
     * @return string|int|array<mixed>|null
     */
    public function command(string ...$arguments): string|int|array|null
    {
        $bytes = '*'.\count($arguments)."\r\n";

        foreach ($arguments as $argument) {
            $bytes .= '$'.\strlen($argument)."\r\n".$argument."\r\n";
        }

        while ('' !== $bytes) {
            $written = @fwrite($this->stream, $bytes);

            if (false === $written || 0 === $written) {
                throw $this->failure('does not take the command');
            }

            $bytes = substr($bytes, $written);
        }

        return $this->reply();
    }

    /**
     * @return string|int|array<mixed>|null
     */
    private function reply(): string|int|array|null
    {
        $line = fgets($this->stream);

        if (false === $line) {
            throw $this->failure('ended the connection or did not answer in time');
        }

        $rest = substr(rtrim($line, "\r\n"), 1);

        return match ($line[0]) {
            '+' => $rest,
            ':' => (int) $rest,
            '$' => -1 === (int) $rest ? null : $this->bulk((int) $rest),
            '*' => -1 === (int) $rest ? null : array_map(fn (): mixed => $this->reply(), array_fill(0, (int) $rest, null)),
            '-' => throw $this->failure('refused: '.$rest),
            default => throw $this->failure('sent something that is not RESP'),
        };
    }

    private function bulk(int $length): string
    {
        $bytes = '';

        while (\strlen($bytes) < $length + 2) {
            $more = fread($this->stream, $length + 2 - \strlen($bytes));

            if (false === $more || '' === $more) {
                throw $this->failure('ended the connection');
            }

            $bytes .= $more;
        }

        return substr($bytes, 0, $length);
    }

    private function failure(string $what): PublisherUnreachableException
    {
        return new PublisherUnreachableException(sprintf('Redis at %s %s', $this->address, $what));
    }
}
