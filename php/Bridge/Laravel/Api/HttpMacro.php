<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Api;

use Ferry\Api\ApiClient;
use Ferry\Api\GuzzleHandler;
use Ferry\Api\Transport\AsyncTransport;
use Ferry\Connection;
use Illuminate\Contracts\Container\Container;
use Illuminate\Http\Client\Factory;
use Illuminate\Http\Client\PendingRequest;

/**
 * Http::ferry($connection)->post('/api/messages', [...]): Laravel's own client and answers, in the name of a connection's
 * client. Http::ferry() asks any host, without credentials. Other clients are served meanwhile.
 */
final class HttpMacro
{
    public static function register(Container $container): void
    {
        $make = static function (Factory $http, ?Connection $connection) use ($container): PendingRequest {
            // Through the factory, so that Http::fake() counts.
            $pending = $http->withHeaders([]);

            if (null === $connection) {
                return self::through($pending, new GuzzleHandler($container->make(AsyncTransport::class)));
            }

            $api = $container->make(ApiClient::class)->as($connection);

            return self::through($pending->baseUrl($api->baseUri())->acceptJson(), new GuzzleHandler($api));
        };

        Factory::macro('ferry', function (?Connection $connection = null) use ($make): PendingRequest {
            /** @var Factory $this */
            return $make($this, $connection);
        });
    }

    private static function through(PendingRequest $pending, GuzzleHandler $handler): PendingRequest
    {
        return method_exists($pending, 'setHandler')
            ? $pending->setHandler($handler)
            : $pending->withMiddleware(static fn (): GuzzleHandler => $handler);
    }
}
