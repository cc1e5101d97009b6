<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublisherUnreachableException;

/**
 * One HTTP/1.1 connection that is used again and again.
 *
 * @internal
 */
final class HttpConnection
{
    public const TIMED_OUT = 1;
    private const MAX_HEAD = 64 * 1024;

    private bool $reusable = true;

    /**
     * @param resource $stream
     */
    private function __construct(private $stream, private readonly string $address, private readonly int $maxAnswer)
    {
    }

    public static function open(string $address, float $timeout, int $maxAnswer): self
    {
        $stream = @stream_socket_client($address, $number, $message, $timeout);

        if (false === $stream) {
            throw new PublisherUnreachableException(sprintf('Cannot connect to the WebSocket server at %s: %s', $address, $message));
        }

        stream_set_timeout($stream, (int) $timeout, (int) (fmod($timeout, 1) * 1_000_000));

        return new self($stream, $address, $maxAnswer);
    }

    /**
     * @return array{int, string} status and body
     */
    public function exchange(string $request): array
    {
        $this->write($request);
        $line = $this->line();

        if (1 !== preg_match('{^HTTP/1\.[01] (\d{3})(?: |$)}', $line, $status)) {
            throw $this->failure('answered with something that is not HTTP');
        }

        $fields = [];

        for ($size = 0; '' !== $line = $this->line();) {
            $size += \strlen($line);

            if ($size > self::MAX_HEAD) {
                throw $this->failure('sent too many headers');
            }

            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $fields[strtolower($name)] = trim($value);
        }

        $body = $this->body($fields);
        $this->reusable = 'close' !== strtolower($fields['connection'] ?? '');

        return [(int) $status[1], $body];
    }

    public function isReusable(): bool
    {
        return $this->reusable;
    }

    private function write(string $bytes): void
    {
        while ('' !== $bytes) {
            $written = @fwrite($this->stream, $bytes);

            if (false === $written || 0 === $written) {
                throw $this->failure('does not take the request');
            }

            $bytes = substr($bytes, $written);
        }
    }

    /**
     * @param array<string, string> $fields
     */
    private function body(array $fields): string
    {
        if (isset($fields['content-length'])) {
            return $this->read((int) $fields['content-length']);
        }

        // A proxy may have made chunks of it.
        $body = '';

        while ('chunked' === strtolower($fields['transfer-encoding'] ?? '')) {
            $size = (int) hexdec(strtok($this->line(), ';'));
            $body .= $this->read($size);

            if (\strlen($body) > $this->maxAnswer) {
                throw $this->failure('sent too long an answer');
            }

            $this->line();

            if (0 === $size) {
                break;
            }
        }

        return $body;
    }

    private function line(): string
    {
        $line = fgets($this->stream, self::MAX_HEAD);

        return false === $line ? throw $this->failure('ended the connection') : rtrim($line, "\r\n");
    }

    private function read(int $length): string
    {
        if ($length > $this->maxAnswer) {
            throw $this->failure('sent too long an answer');
        }

        $bytes = '';

        while (\strlen($bytes) < $length) {
            $more = fread($this->stream, $length - \strlen($bytes));

            if (false === $more || '' === $more) {
                throw $this->failure('ended the connection');
            }

            $bytes .= $more;
        }

        return $bytes;
    }

    private function failure(string $what): PublisherUnreachableException
    {
        $this->reusable = false;

        if (stream_get_meta_data($this->stream)['timed_out']) {
            return new PublisherUnreachableException(sprintf('The WebSocket server at %s did not answer in time; whether it delivered is not known', $this->address), self::TIMED_OUT);
        }

        return new PublisherUnreachableException(sprintf('The WebSocket server at %s %s', $this->address, $what));
    }
}
