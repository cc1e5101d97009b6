<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Api;

use Ferry\Api\ApiClient;
use Ferry\Api\ApiOptions;
use Ferry\Api\BaseUri;
use Ferry\Api\Transport\AsyncTransport;
use Ferry\Api\Transport\HttpClientTransport;
use Ferry\Api\Transport\Psr18Transport;
use Ferry\Api\Transport\RetryingTransport;
use Ferry\Api\Transport\StreamTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Exception\InvalidArgumentException;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Foundation\Application;
use Psr\Http\Client\ClientInterface;
use Symfony\Contracts\HttpClient\HttpClientInterface;

/**
 * Makes the ApiClient of the section "api" of config/ws.php.
 */
final class ApiFactory
{
    private const MODES = ['async', 'kernel', 'http'];

    public function __construct(private readonly Application $app, private readonly Repository $config)
    {
    }

    /**
     * @throws InvalidArgumentException naming the setting
     */
    public function client(): ApiClient
    {
        $api = (array) $this->config->get('ws.api');
        $mode = $api['mode'] ?? 'async';

        if (!\in_array($mode, self::MODES, true)) {
            throw new InvalidArgumentException(sprintf('The setting ws.api.mode must be one of "%s", %s given', implode('", "', self::MODES), json_encode($mode)));
        }

        $baseUri = $this->baseUri($api['base_uri'] ?? null, $mode);

        try {
            $options = new ApiOptions(
                (array) ($api['headers'] ?? []),
                (float) ($api['timeout'] ?? 10.0),
                (int) ($api['max_redirects'] ?? 3),
                (string) ($api['forwarded'] ?? 'x-forwarded-for'),
                (int) $this->config->get('ws.auth.jwt.expired_close_code', 4401),
                '' !== implode('', (array) $this->config->get('ws.server.allowed_origins')),
            );
        } catch (InvalidArgumentException $e) {
            throw new InvalidArgumentException(sprintf('In the setting ws.api: %s', $e->getMessage()), 0, $e);
        }

        return new ApiClient($this->transport($mode, $api, $baseUri), $baseUri, $options, $this->app->make('log'));
    }

    /** For any host, without credentials, whatever the mode. */
    public function async(): AsyncTransport
    {
        $api = (array) $this->config->get('ws.api');

        return new AsyncTransport((array) ($api['options'] ?? []) + ['max_body_bytes' => self::maxBodyBytes($api)]);
    }

    private function baseUri(mixed $uri, string $mode): BaseUri
    {
        if (null === $uri || '' === $uri) {
            if ('kernel' !== $mode) {
                throw new InvalidArgumentException(sprintf('The setting ws.api.base_uri (WS_API_URL) must be set in the mode "%s": the address under which the application\'s controllers answer, such as "https://example.org". Or set ws.api.mode (WS_API_MODE) to "kernel", which needs none', $mode));
            }

            $uri = $this->config->get('app.url') ?? 'http://localhost';
        }

        try {
            return new BaseUri((string) $uri);
        } catch (InvalidArgumentException $e) {
            throw new InvalidArgumentException(sprintf('In the setting ws.api: %s', $e->getMessage()), 0, $e);
        }
    }

    /**
     * @param array<string, mixed> $api
     */
    private function transport(string $mode, array $api, BaseUri $baseUri): TransportInterface
    {
        if ('kernel' === $mode) {
            return new KernelTransport($this->app, $this->app->make(ConnectionAuth::class), $baseUri, self::maxBodyBytes($api));
        }

        return new RetryingTransport(
            'async' === $mode ? $this->app->make(AsyncTransport::class) : $this->blocking($api['client'] ?? null, self::maxBodyBytes($api)),
            (int) ($api['retries'] ?? 2),
            $this->app->make('log'),
        );
    }

    private function blocking(?string $id, int $maxBodyBytes): TransportInterface
    {
        if (null === $id) {
            return new StreamTransport($maxBodyBytes);
        }

        $client = $this->app->make($id);

        return match (true) {
            $client instanceof HttpClientInterface => new HttpClientTransport($client, $maxBodyBytes),
            $client instanceof ClientInterface => new Psr18Transport($client, null, null, $maxBodyBytes),
            default => throw new InvalidArgumentException(sprintf('The setting ws.api.client is "%s", whose class %s is neither a %s nor a %s', $id, get_debug_type($client), ClientInterface::class, HttpClientInterface::class)),
        };
    }

    /**
     * @param array<string, mixed> $api
     */
    private static function maxBodyBytes(array $api): int
    {
        return (int) ($api['max_body_bytes'] ?? StreamTransport::MAX_BODY_BYTES);
    }
}
