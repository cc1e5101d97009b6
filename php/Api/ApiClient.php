<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Api\Exception\ApiException;
use Ferry\Api\Exception\RedirectRefusedException;
use Ferry\Api\Exception\TokenExpiredException;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Connection;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\LogicException;
use Psr\Log\LoggerInterface;

/**
 * Requests to the application's own API, in the name of the client whose message is being handled.
 *
 *     $message = $api->as($connection)->post('/api/messages', json: ['text' => $text])->toArray();
 *
 * Without as() a request has no credentials but those that are given as headers.
 */
final class ApiClient implements TransportInterface
{
    private const BEARER_GONE = 'The token has expired.';
    private const SESSION_GONE = 'The session has ended.';

    private ?Connection $connection = null;
    private ?string $requestId = null;

    public function __construct(
        private readonly TransportInterface $transport,
        private readonly BaseUri $baseUri,
        private readonly ApiOptions $options = new ApiOptions(),
        private readonly ?LoggerInterface $logger = null,
    ) {
    }

    /**
     * A client that asks as the one at the other end of the connection: with its token, or its cookie, its address, and a
     * request id, which is that of the handshake (X-Request-Id) or a new one. Call it for each message.
     *
     * An answer of 401, and a token that has expired before, close the connection and throw TokenExpiredException.
     */
    public function as(Connection $connection): self
    {
        $api = clone $this;
        $api->connection = $connection;
        $given = $connection->handshake()->header('x-request-id') ?? '';
        $api->requestId = 1 === preg_match('/^[A-Za-z0-9._:\/+=-]{1,128}$/D', $given) ? $given : bin2hex(random_bytes(16));

        return $api;
    }

    /** What X-Request-Id is sent: for the logs of the handler. Null without as(). */
    public function requestId(): ?string
    {
        return $this->requestId;
    }

    public function baseUri(): string
    {
        return (string) $this->baseUri;
    }

    /**
     * @param array<string, mixed> $query
     * @param array<string, mixed> $headers
     *
     * @see request()
     */
    public function get(string $path, array $query = [], #[\SensitiveParameter] array $headers = [], ?float $timeout = null): Response
    {
        return $this->request('GET', $path, null, null, $query, $headers, $timeout);
    }

    /**
     * @param string|array<string, mixed>|null $body
     * @param array<string, mixed>             $query
     * @param array<string, mixed>             $headers
     *
     * @see request()
     */
    public function post(string $path, #[\SensitiveParameter] mixed $json = null, #[\SensitiveParameter] string|array|null $body = null, array $query = [], #[\SensitiveParameter] array $headers = [], ?float $timeout = null): Response
    {
        return $this->request('POST', $path, $json, $body, $query, $headers, $timeout);
    }

    /**
     * @param string|array<string, mixed>|null $body
     * @param array<string, mixed>             $query
     * @param array<string, mixed>             $headers
     *
     * @see request()
     */
    public function put(string $path, #[\SensitiveParameter] mixed $json = null, #[\SensitiveParameter] string|array|null $body = null, array $query = [], #[\SensitiveParameter] array $headers = [], ?float $timeout = null): Response
    {
        return $this->request('PUT', $path, $json, $body, $query, $headers, $timeout);
    }

    /**
     * @param string|array<string, mixed>|null $body
     * @param array<string, mixed>             $query
     * @param array<string, mixed>             $headers
     *
     * @see request()
     */
    public function patch(string $path, #[\SensitiveParameter] mixed $json = null, #[\SensitiveParameter] string|array|null $body = null, array $query = [], #[\SensitiveParameter] array $headers = [], ?float $timeout = null): Response
    {
        return $this->request('PATCH', $path, $json, $body, $query, $headers, $timeout);
    }

    /**
     * @param string|array<string, mixed>|null $body
     * @param array<string, mixed>             $query
     * @param array<string, mixed>             $headers
     *
     * @see request()
     */
    public function delete(string $path, #[\SensitiveParameter] mixed $json = null, #[\SensitiveParameter] string|array|null $body = null, array $query = [], #[\SensitiveParameter] array $headers = [], ?float $timeout = null): Response
    {
        return $this->request('DELETE', $path, $json, $body, $query, $headers, $timeout);
    }

    /**
     * @param string                           $path    appended to the base URI; an absolute URL must be below it
     * @param mixed                            $json    sent as JSON; null: no JSON
     * @param string|array<string, mixed>|null $body    as it is, or the fields of a form; not together with $json
     * @param array<string, mixed>             $query   added to that of the path
     * @param array<string, mixed>             $headers strings or lists of strings by name
     * @param ?float                           $timeout seconds; null: as configured
     *
     * @throws InvalidArgumentException naming the argument: nothing was sent
     * @throws ApiException             for everything but an answer; an answer with an error is one, see Response::throw()
     */
    public function request(string $method, string $path, #[\SensitiveParameter] mixed $json = null, #[\SensitiveParameter] string|array|null $body = null, array $query = [], #[\SensitiveParameter] array $headers = [], ?float $timeout = null): Response
    {
        if (null !== $json && null !== $body) {
            throw new InvalidArgumentException('Arguments $json and $body must not be given together');
        }

        $headers = Headers::normalize($headers, 'Argument $headers', null !== $this->connection);

        if (null !== $json) {
            $headers += ['content-type' => ['application/json']];
            $body = json_encode($json, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PRESERVE_ZERO_FRACTION);
        } elseif (\is_array($body)) {
            $headers += ['content-type' => ['application/x-www-form-urlencoded']];
            $body = http_build_query($body);
        }

        return $this->send(new Request(strtoupper($method), $this->baseUri->resolve($path, $query), $headers, $body ?? '', $timeout));
    }

    public function send(Request $request): Response
    {
        $request = $this->complete($request);

        for ($redirects = 0;; ++$redirects) {
            $response = $this->deliver($request);
            $location = $response->headers['location'][0] ?? null;

            if (0 === $this->options->maxRedirects || null === $location || !\in_array($response->status, [301, 302, 303, 307, 308], true)) {
                return $response;
            }

            if ($redirects >= $this->options->maxRedirects) {
                throw new RedirectRefusedException(sprintf('%s redirects again after %d redirections', Uri::withoutQuery($request->url), $redirects));
            }

            $target = Uri::resolve($request->url, $location);

            // Its token is for this API alone.
            if (!$this->baseUri->contains($target)) {
                throw new RedirectRefusedException(sprintf('%s redirects to %s, which is outside of %s: that is not followed', Uri::withoutQuery($request->url), Uri::origin($target) ?? 'another place', $this->baseUri));
            }

            $request = $request->redirected($response->status, $target);
        }
    }

    /** Everything but credentials, which may change before it is sent. */
    private function complete(#[\SensitiveParameter] Request $request): Request
    {
        $headers = Headers::normalize($request->headers(), 'Argument $headers', null !== $this->connection);
        $address = null === $this->connection || str_starts_with($this->connection->remoteAddress, 'unix:') ? null : $this->connection->remoteAddress;

        if (null !== $address) {
            $headers += match ($this->options->forwarded) {
                'x-forwarded-for' => ['x-forwarded-for' => [$address]],
                'forwarded' => ['forwarded' => [sprintf(str_contains($address, ':') ? 'for="[%s]"' : 'for=%s', $address)]],
                default => [],
            };
        }

        if (null !== $this->connection && null !== $this->requestId) {
            // Who publishes what the request causes can leave this connection out, as with Laravel Echo.
            $headers += ['x-request-id' => [$this->requestId], 'x-socket-id' => [$this->connection->id]];
        }

        return new Request(
            $request->method,
            $this->baseUri->resolve($request->url),
            $headers + $this->options->headers + ['accept' => ['application/json']],
            $request->body(),
            $request->timeout ?? $this->options->timeout,
            $address,
        );
    }

    private function deliver(#[\SensitiveParameter] Request $request): Response
    {
        if (null === $connection = $this->connection) {
            return $this->transport->send($request);
        }

        $credentials = $this->credentials($connection);
        $response = $this->transport->send($request->withCredentials($credentials));

        if (401 !== $response->status || null === $credentials) {
            return $response;
        }

        // Renewed while the request was on its way: the API has acted on nothing.
        if (!$credentials->equals($renewed = $this->credentials($connection))) {
            $response = $this->transport->send($request->withCredentials($credentials = $renewed));

            if (401 !== $response->status || null === $credentials) {
                return $response;
            }
        }

        throw $this->expired($connection, $credentials);
    }

    /**
     * @throws TokenExpiredException
     * @throws LogicException
     */
    private function credentials(Connection $connection): ?Credentials
    {
        $credentials = Credentials::of($connection, $this->options->originsAreChecked);

        return true === $credentials?->isExpired() ? throw $this->expired($connection, $credentials) : $credentials;
    }

    private function expired(Connection $connection, Credentials $credentials): TokenExpiredException
    {
        $this->logger?->info('The API does not take the {kind} of the connection {id} any more, which is closed.', ['kind' => $credentials->kind, 'id' => $connection->id]);
        $message = 'token' === $credentials->kind ? self::BEARER_GONE : self::SESSION_GONE;
        $connection->close($this->options->expiredCloseCode, 'token' === $credentials->kind ? 'token expired' : 'session expired');

        return new TokenExpiredException($message);
    }
}
