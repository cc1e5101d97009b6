<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Server;

use Ferry\Publish\ServerEndpoint;
use Illuminate\Contracts\Config\Repository;

/**
 * The options of Ferry\WsServer, from config/ws.php.
 */
final class ServerOptions
{
    /**
     * @param ?list<string> $paths that are served, null when a list cannot say it
     *
     * @return array<string, mixed>
     */
    public static function from(Repository $config, ?array $paths = null): array
    {
        $options = array_filter((array) $config->get('ws.server'), static fn (mixed $value): bool => null !== $value);

        foreach (['allowed_origins', 'trusted_proxies'] as $list) {
            if (isset($options[$list])) {
                $options[$list] = array_values(array_map(trim(...), (array) $options[$list]));
            }
        }

        if (\is_array($jwt = $config->get('ws.auth.jwt'))) {
            $options['jwt'] = $jwt;
        }

        if (\is_array($publish = $config->get('ws.publish')) && !isset($options['control'])) {
            $options = ServerEndpoint::resolve($options + ['control' => array_diff_key($publish, ['after_commit' => true, 'timeout' => true])]);
        }

        if (null !== $paths) {
            $options['path'] ??= $paths;
        }

        return $options;
    }
}
