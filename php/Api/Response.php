<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Api\Exception\DecodingException;
use Ferry\Api\Exception\HttpException;

/**
 * An answer of the API. What is wrong with its status throws when its content is asked for, as in Symfony's HttpClient.
 */
final class Response
{
    /**
     * @param array<string, list<string>> $headers by lower-case name
     * @param string                      $url     that answered, after redirections
     */
    public function __construct(
        public readonly int $status,
        public readonly array $headers = [],
        private readonly string $content = '',
        public readonly string $url = '',
    ) {
    }

    public function getStatusCode(): int
    {
        return $this->status;
    }

    /**
     * @return array<string, list<string>> by lower-case name
     *
     * @throws HttpException with $throw, for a status from 300
     */
    public function getHeaders(bool $throw = true): array
    {
        $throw && $this->throw();

        return $this->headers;
    }

    /** One header by name in any case, several values joined with ', '. */
    public function header(string $name): ?string
    {
        $values = $this->headers[strtolower($name)] ?? [];

        return [] === $values ? null : implode(', ', $values);
    }

    /**
     * @throws HttpException with $throw, for a status from 300
     */
    public function getContent(bool $throw = true): string
    {
        $throw && $this->throw();

        return $this->content;
    }

    /**
     * @return array<mixed> the content, which is a JSON object or array
     *
     * @throws HttpException     with $throw, for a status from 300
     * @throws DecodingException
     */
    public function toArray(bool $throw = true): array
    {
        $throw && $this->throw();
        $value = $this->json();

        return \is_array($value) ? $value : throw new DecodingException(sprintf('The API answered %s with %s where a JSON object or array was expected', $this->shortUrl(), get_debug_type($value)));
    }

    /**
     * The content of any status, decoded; objects are arrays.
     *
     * @throws DecodingException
     */
    public function json(): mixed
    {
        try {
            return json_decode($this->content, true, 512, \JSON_THROW_ON_ERROR | \JSON_BIGINT_AS_STRING);
        } catch (\JsonException $e) {
            throw new DecodingException(sprintf('The API answered %s with the status %d and no JSON (%s, content type "%s")', $this->shortUrl(), $this->status, $e->getMessage(), $this->header('content-type') ?? 'none'), 0, $e);
        }
    }

    public function isSuccessful(): bool
    {
        return $this->status >= 200 && $this->status < 300;
    }

    /**
     * @return $this
     *
     * @throws HttpException for a status from 300
     */
    public function throw(): self
    {
        if (null !== $error = HttpException::of($this)) {
            throw $error;
        }

        return $this;
    }

    /** For messages. */
    public function shortUrl(): string
    {
        return '' === $this->url ? 'a request' : Uri::withoutQuery($this->url);
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return [
            'status' => $this->status,
            'headers' => array_replace($this->headers, array_fill_keys(array_keys(array_intersect_key($this->headers, ['set-cookie' => true])), '[redacted]')),
            'content' => \strlen($this->content).' bytes',
            'url' => Uri::withoutQuery($this->url),
        ];
    }
}
