<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Exception\InvalidArgumentException;

/**
 * A request as transports send it. Dumps show neither credentials nor the body.
 */
final class Request
{
    private const IDEMPOTENT = ['GET' => true, 'HEAD' => true, 'OPTIONS' => true, 'PUT' => true, 'DELETE' => true, 'TRACE' => true];

    /** @var \Closure(): array{array<string, list<string>>, string} see Credentials */
    private readonly \Closure $content;

    /**
     * @param string                      $method        a token of RFC 9110, such as 'GET'
     * @param string                      $url           absolute, percent-encoded, http or https
     * @param array<string, mixed>        $headers       strings or lists of strings by name
     * @param ?float                      $timeout       seconds for all of it; null: what the transport has by default
     * @param ?string                     $clientAddress whose request it is; only for transports without a network
     */
    public function __construct(
        public readonly string $method,
        public readonly string $url,
        #[\SensitiveParameter] array $headers = [],
        #[\SensitiveParameter] string $body = '',
        public readonly ?float $timeout = null,
        public readonly ?string $clientAddress = null,
        private readonly ?Credentials $credentials = null,
    ) {
        if (1 !== preg_match('/^[A-Z][A-Z-]{0,31}$/D', $method)) {
            throw new InvalidArgumentException(sprintf('Argument $method must be the name of a method in capitals, such as "GET", "%s" given', preg_replace('/[^\x20-\x7e]/', '?', substr($method, 0, 32))));
        }

        // Also keeps what opens a file, or begins another request, from transports.
        if (null === Uri::origin($url) || 1 === preg_match('/[^\x21-\x7e]/', $url)) {
            throw new InvalidArgumentException(sprintf('Argument $url must be an absolute URL with http or https, percent-encoded and without user and password, "%s" given', preg_replace(['/[^\x20-\x7e]/', '{//[^/]*@}'], ['?', '//[redacted]@'], Uri::withoutQuery(substr($url, 0, 200)))));
        }

        if (null !== $timeout && (!is_finite($timeout) || $timeout <= 0 || $timeout > 86400)) {
            throw new InvalidArgumentException(sprintf('Argument $timeout must be more than 0 and at most 86400 seconds, %s given', $timeout));
        }

        $headers = Headers::normalize($headers, 'Argument $headers', false);
        $this->content = static fn (): array => [$headers, $body];
    }

    /**
     * @return array<string, list<string>> all that is sent, credentials among it
     */
    public function headers(): array
    {
        return ($this->credentials?->headers() ?? []) + ($this->content)()[0];
    }

    public function body(): string
    {
        return ($this->content)()[1];
    }

    /** Whether it may be sent twice (RFC 9110 section 9.2.2). */
    public function isIdempotent(): bool
    {
        return isset(self::IDEMPOTENT[$this->method]);
    }

    public function withCredentials(?Credentials $credentials): self
    {
        [$headers, $body] = ($this->content)();

        return new self($this->method, $this->url, $headers, $body, $this->timeout, $this->clientAddress, $credentials);
    }

    /** With a shorter timeout, if that one is. */
    public function within(?float $timeout): self
    {
        [$headers, $body] = ($this->content)();

        return null === $timeout ? $this : new self($this->method, $this->url, $headers, $body, min(max($timeout, 0.001), $this->timeout ?? \INF), $this->clientAddress, $this->credentials);
    }

    /**
     * What a redirection asks for (RFC 9110 section 15.4): after 303, and for a POST after 301 and 302, a GET.
     */
    public function redirected(int $status, string $url): self
    {
        [$headers, $body] = ($this->content)();
        $method = $this->method;

        if (303 === $status && !\in_array($method, ['GET', 'HEAD'], true) || 'POST' === $method && \in_array($status, [301, 302], true)) {
            $method = 'GET';
            $body = '';
            $headers = array_diff_key($headers, ['content-type' => true, 'content-encoding' => true, 'content-language' => true]);
        }

        return new self($method, $url, $headers, $body, $this->timeout, $this->clientAddress, $this->credentials);
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['method' => $this->method, 'url' => Uri::withoutQuery($this->url), 'timeout' => $this->timeout, 'headers' => array_keys($this->headers()), 'body' => \strlen($this->body()).' bytes'];
    }

    public function __serialize(): array
    {
        throw new \LogicException('A request with a client\'s credentials cannot be serialized');
    }
}
