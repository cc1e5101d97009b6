<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\HttpClient;

use Ferry\Api\ApiClient;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Api\Uri;
use Symfony\Component\HttpClient\Exception\InvalidArgumentException;
use Symfony\Component\HttpClient\HttpClientTrait;
use Symfony\Component\HttpClient\Response\ResponseStream;
use Symfony\Contracts\HttpClient\HttpClientInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;
use Symfony\Contracts\HttpClient\ResponseStreamInterface;

/**
 * The face of Symfony's HttpClient, for SDKs and services: other clients are served while they wait.
 *
 *     new FerryHttpClient(new AsyncTransport())     any host, without credentials
 *     new FerryHttpClient($api->as($connection))    the application's API, as the client
 *
 * A body arrives in one piece. Options about the connection itself (proxy, TLS, bindto) are the transport's: to set one here is
 * refused.
 */
final class FerryHttpClient implements HttpClientInterface
{
    use HttpClientTrait;

    private const NOT_HERE = ['proxy', 'no_proxy', 'resolve', 'bindto', 'local_cert', 'local_pk', 'passphrase', 'peer_fingerprint', 'cafile', 'capath', 'ciphers', 'max_connect_duration'];

    /** Never sent along when a redirection leads elsewhere. */
    private const FOR_ONE_ORIGIN = ['authorization' => true, 'cookie' => true, 'proxy-authorization' => true];

    /** @var array<string, mixed> */
    private array $defaultOptions = self::OPTIONS_DEFAULTS;

    /**
     * @param array<string, mixed> $defaultOptions of requests, see HttpClientInterface::OPTIONS_DEFAULTS
     */
    public function __construct(private readonly TransportInterface $transport, array $defaultOptions = [])
    {
        if ($transport instanceof ApiClient) {
            $defaultOptions += ['base_uri' => $transport->baseUri().'/'];
        }

        if ([] !== $defaultOptions) {
            [, $this->defaultOptions] = self::prepareRequest(null, null, $defaultOptions, $this->defaultOptions);
        }
    }

    /**
     * @param array<string, mixed> $options
     */
    public function request(string $method, string $url, array $options = []): ResponseInterface
    {
        /** @var array{array<string, ?string>, array<string, mixed>} $prepared */
        $prepared = self::prepareRequest($method, $url, $options, $this->defaultOptions);
        [$parts, $options] = $prepared;

        foreach (self::NOT_HERE as $name) {
            if (!\in_array($options[$name] ?? null, [null, [], self::OPTIONS_DEFAULTS[$name] ?? null], true)) {
                throw new InvalidArgumentException(sprintf('The option "%s" is not taken by %s: it belongs to the transport.', $name, self::class));
            }
        }

        [$authority, $login] = self::splitLogin((string) $parts['authority']);
        unset($parts['fragment']);
        $url = implode('', array_replace($parts, ['authority' => $authority]));
        $headers = null === $login ? [] : ['authorization' => ['Basic '.base64_encode($login)]];

        foreach ($options['headers'] as $line) {
            [$name, $value] = explode(':', $line, 2);
            $headers = ($name = strtolower($name)) === 'authorization' ? array_diff_key($headers, [$name => true]) : $headers;
            $headers[$name][] = trim($value);
        }

        unset($headers['host'], $headers['content-length'], $headers['transfer-encoding']);
        $duration = $options['max_duration'] > 0 ? (float) $options['max_duration'] : null;
        $request = new Request($method, $url, $headers, self::read($options['body']), $duration ?? ($options['timeout'] > 0 ? (float) $options['timeout'] : null));
        $exchange = new Exchange($method, $url, $options['user_data'] ?? null, $options['on_progress'] ?? null, $options['buffer'] ?? true);

        return new FerryResponse($exchange, $this->start(fn (?float $timeout = null): Response => $this->exchange($request->within($timeout), $exchange, (int) $options['max_redirects'])));
    }

    /**
     * @param ResponseInterface|iterable<array-key, ResponseInterface> $responses
     */
    public function stream($responses, ?float $timeout = null): ResponseStreamInterface
    {
        return new ResponseStream(FerryResponse::chunks($responses instanceof ResponseInterface ? [$responses] : $responses, $timeout));
    }

    /**
     * In a fiber requests run side by side; outside of one each is sent when its answer is asked for.
     *
     * @param \Closure(?float): Response $exchange
     *
     * @return \Closure(?float): Response gives the answer, or throws what was thrown
     */
    private function start(\Closure $exchange): \Closure
    {
        if (null !== \Fiber::getCurrent() && \function_exists('Ferry\async')) {
            $future = \Ferry\async($exchange);

            return static fn (?float $timeout): Response => $future->await($timeout);
        }

        return $exchange;
    }

    private function exchange(Request $request, Exchange $exchange, int $maxRedirects): Response
    {
        $secret = array_intersect_key($request->headers(), self::FOR_ONE_ORIGIN);

        for (;;) {
            $exchange->sent($request);
            $response = $this->transport->send($request);
            $exchange->answered($response);
            $location = $response->headers['location'][0] ?? null;

            if (null === $location || !\in_array($response->status, [301, 302, 303, 307, 308], true)) {
                return $response;
            }

            $target = Uri::resolve($request->url, $location);

            if (null === $origin = Uri::origin($target)) {
                return $response;
            }

            $exchange->redirectUrl = $target;

            if ($exchange->redirects >= $maxRedirects) {
                return $response;
            }

            ++$exchange->redirects;
            $exchange->redirectUrl = null;
            $request = $request->redirected($response->status, $target);
            $headers = array_diff_key($request->headers(), self::FOR_ONE_ORIGIN) + ($origin === Uri::origin($exchange->originalUrl) ? $secret : []);
            $request = new Request($request->method, $target, $headers, $request->body(), $request->timeout);
        }
    }

    /**
     * @return array{string, ?string} '//host:port' and 'user:password'
     */
    private static function splitLogin(#[\SensitiveParameter] string $authority): array
    {
        $at = strrpos($authority, '@');

        return false === $at ? [$authority, null] : ['//'.substr($authority, $at + 1), rawurldecode(substr($authority, 2, $at - 2))];
    }

    private static function read(mixed $body): string
    {
        if (\is_resource($body)) {
            return (string) stream_get_contents($body);
        }

        if (!$body instanceof \Closure) {
            return (string) $body;
        }

        $content = '';

        while ('' !== $part = $body(self::$CHUNK_SIZE)) {
            if (!\is_string($part)) {
                throw new InvalidArgumentException(sprintf('Return value of the "body" option callback must be a string, "%s" given.', get_debug_type($part)));
            }

            $content .= $part;
        }

        return $content;
    }
}
