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
     *
     * @return array<string, mixed>
     */
    public static function from(Repository $config, ?array $paths = null): array
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

        return $options;
    }
}
