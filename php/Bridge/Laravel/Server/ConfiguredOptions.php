<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Server;

use Ferry\ServerOptions;
use Illuminate\Contracts\Config\Repository;

/**
 * The options of \Ferry\WsServer, from config/ws.php.
 */
final class ConfiguredOptions
{
    /** What is for the publishers alone. */
    private const NOT_FOR_THE_SERVER = ['after_commit' => true, 'timeout' => true];

    /**
     * @param ?list<string> $paths that are served, null when a list cannot say it
     * @param bool          $waits whether a handler waits for others
     *
     * @return array<string, mixed>
     */
    public static function from(Repository $config, ?array $paths = null, bool $waits = false): array
    {
        $options = (array) $config->get('ws.server');

        if (\is_array($publish = $config->get('ws.publish')) && !isset($options['control'])) {
            $options['control'] = array_diff_key($publish, self::NOT_FOR_THE_SERVER);
        }

        $options = ServerOptions::cast(array_filter($options, static fn (mixed $value): bool => null !== $value));

        if (\is_array($jwt = $config->get('ws.auth.jwt'))) {
            $options['jwt'] = $jwt;
        }

        if (null !== $paths) {
            $options['path'] ??= $paths;
        }

        // Without them what waits would block; an application may still set it to false.
        if ($waits || self::usesAsyncApi((array) $config->get('ws.api'))) {
            $options['fibers'] ??= true;
        }

        return $options;
    }

    /**
     * @param array<string, mixed> $api
     */
    private static function usesAsyncApi(array $api): bool
    {
        return 'async' === ($api['mode'] ?? 'async') && '' !== ($api['base_uri'] ?? '');
    }
}
