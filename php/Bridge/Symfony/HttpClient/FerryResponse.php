<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\HttpClient;

use Ferry\Api\Exception\TimeoutException;
use Ferry\Api\Response;
use Ferry\Exception\RefusalInterface;
use Ferry\Exception\TimeoutException as AwaitTimeoutException;
use Symfony\Component\HttpClient\Chunk\DataChunk;
use Symfony\Component\HttpClient\Chunk\ErrorChunk;
use Symfony\Component\HttpClient\Chunk\FirstChunk;
use Symfony\Component\HttpClient\Chunk\LastChunk;
use Symfony\Component\HttpClient\Exception\ClientException;
use Symfony\Component\HttpClient\Exception\JsonException;
use Symfony\Component\HttpClient\Exception\RedirectionException;
use Symfony\Component\HttpClient\Exception\ServerException;
use Symfony\Component\HttpClient\Exception\TimeoutException as SymfonyTimeoutException;
use Symfony\Component\HttpClient\Exception\TransportException;
use Symfony\Component\HttpClient\Response\StreamableInterface;
use Symfony\Contracts\HttpClient\ChunkInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;

/**
 * @internal
 */
final class FerryResponse implements ResponseInterface, StreamableInterface
{
    private ?Response $response = null;
    private ?\Throwable $error = null;

    /** Whether somebody has looked at the status: else the destructor does, as with Symfony's own. */
    private bool $checked = false;

    private bool $streamed = false;

    /** Null until the option "buffer" has been looked at. */
    private ?bool $kept = null;

    /**
     * @param \Closure(?float): Response $await
     */
    public function __construct(private readonly Exchange $exchange, private readonly \Closure $await)
    {
    }

    public function __destruct()
    {
        if (!$this->checked && !$this->exchange->canceled) {
            $this->check($this->response());
        }
    }

    public function __serialize(): array
    {
        throw new \BadMethodCallException('Cannot serialize '.self::class);
    }

    public function getStatusCode(): int
    {
        $this->checked = true;

        return $this->response()->status;
    }

    /**
     * @return array<string, list<string>>
     */
    public function getHeaders(bool $throw = true): array
    {
        $response = $this->response();
        $throw && $this->check($response);
        $this->checked = true;

        return $response->headers;
    }

    public function getContent(bool $throw = true): string
    {
        $response = $this->response();
        $throw && $this->check($response);
        $this->checked = true;

        return $this->content();
    }

    /**
     * @return array<mixed>
     */
    public function toArray(bool $throw = true): array
    {
        if ('' === $content = $this->getContent($throw)) {
            throw new JsonException('Response body is empty.');
        }

        try {
            $value = json_decode($content, true, 512, \JSON_BIGINT_AS_STRING | \JSON_THROW_ON_ERROR);
        } catch (\JsonException $e) {
            throw new JsonException($e->getMessage().sprintf(' for "%s".', $this->exchange->url), $e->getCode());
        }

        return \is_array($value) ? $value : throw new JsonException(sprintf('JSON content was expected to decode to an array, "%s" returned for "%s".', get_debug_type($value), $this->exchange->url));
    }

    /** In a fiber the request goes on, and nobody hears of its answer. */
    public function cancel(): void
    {
        $this->exchange->canceled = true;
        $this->exchange->error ??= 'Response has been canceled.';
        $this->error = new TransportException($this->exchange->error);
        $this->response = null;
    }

    public function getInfo(?string $type = null): mixed
    {
        $info = $this->exchange->info();

        return null === $type ? $info : $info[$type] ?? null;
    }

    public function toStream(bool $throw = true)
    {
        $stream = fopen('php://temp', 'w+');
        \assert(false !== $stream);
        fwrite($stream, $this->getContent($throw));
        rewind($stream);

        return $stream;
    }

    /**
     * @param iterable<array-key, ResponseInterface> $responses
     *
     * @return \Generator<ResponseInterface, ChunkInterface>
     */
    public static function chunks(iterable $responses, ?float $timeout): \Generator
    {
        foreach ($responses as $response) {
            if (!$response instanceof self) {
                throw new \TypeError(sprintf('%s::stream() expects responses of its own, %s given', FerryHttpClient::class, get_debug_type($response)));
            }

            try {
                if ($response->streamed) {
                    yield $response => new LastChunk(\strlen($response->response()->getContent(false)));

                    continue;
                }

                $response->response($timeout);
                $content = $response->content();
                $response->streamed = true;
            } catch (\Throwable $e) {
                $response->checked = true;
                $chunk = new ErrorChunk(0, $e instanceof SymfonyTimeoutException ? $e->getMessage() : $e);
                yield $response => $chunk;

                if (!$chunk->didThrow()) {
                    // Nobody has looked at it, and it must not be lost.
                    throw $e;
                }

                continue;
            }

            $chunks = [new FirstChunk(), ...('' === $content ? [] : [new DataChunk(0, $content)]), new LastChunk(\strlen($content))];

            foreach ($chunks as $chunk) {
                if (!$response->exchange->canceled) {
                    yield $response => $chunk;
                }

                // Whoever has not asked for the status by then gets it as an exception, as with Symfony's own.
                if ($chunk instanceof FirstChunk && !$response->checked && !$response->exchange->canceled) {
                    $response->check($response->response());
                }
            }
        }
    }

    private function response(?float $timeout = null): Response
    {
        if (null !== $this->error) {
            throw $this->error;
        }

        if (null !== $this->response) {
            return $this->response;
        }

        try {
            return $this->response = ($this->await)($timeout);
        } catch (AwaitTimeoutException $e) {
            // It goes on.
            throw new SymfonyTimeoutException($e->getMessage(), 0, $e);
        } catch (TimeoutException $e) {
            $error = new SymfonyTimeoutException($e->getMessage(), 0, $e);
        } catch (\Throwable $e) {
            // What closes the connection is the handler's to see.
            $error = $e instanceof RefusalInterface || $e instanceof \Error ? $e : new TransportException($e->getMessage(), 0, $e);
        }

        $this->checked = true;
        $this->exchange->error = $error->getMessage();

        throw $this->error = $error;
    }

    /** As often as the option "buffer" says. */
    private function content(): string
    {
        $content = $this->response()->getContent(false);

        if (false === $this->kept) {
            throw new TransportException('Cannot get the content of the response twice: buffering is disabled.');
        }

        if (null === $this->kept) {
            $buffer = $this->exchange->buffer;

            if ($buffer instanceof \Closure) {
                try {
                    $buffer = $buffer($this->response()->headers);
                } catch (\Throwable $e) {
                    $this->exchange->error = $e->getMessage();

                    throw $this->error = new TransportException($e->getMessage(), 0, $e);
                }

                // It may have canceled.
                $this->response();
            }

            $this->kept = \is_resource($buffer) || true === $buffer;
            \is_resource($buffer) && fwrite($buffer, $content);
        }

        return $content;
    }

    private function check(Response $response): void
    {
        $this->checked = true;

        match (true) {
            $response->status >= 500 => throw new ServerException($this),
            $response->status >= 400 => throw new ClientException($this),
            $response->status >= 300 => throw new RedirectionException($this),
            default => null,
        };
    }
}
