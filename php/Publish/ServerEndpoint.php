<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Publish\Transport\RedisDsn;

/**
 * Makes the server's side of publishing from what the publishers are given, so that a DSN stands once.
 */
final class ServerEndpoint
{
    /**
     * The server's options with "control" as the server takes it. Where it names a "dsn" instead of "listen", the DSN says
     * where: unix:///path and http://host:port are listened on. With https:// a proxy stands before the server, and "listen" must
     * say where the server itself is. redis:// and rediss:// become the option "redis", whose other settings stay; "listen" gives
     * the server a control endpoint as well. The other DSNs need nothing.
     *
     * @param array<string, mixed> $options of \Ferry\WsServer
     *
     * @return array<string, mixed>
     */
    public static function resolve(array $options): array
    {
        $control = $options['control'] ?? null;

        if (!\is_array($control) || !\array_key_exists('dsn', $control)) {
            return $options;
        }

        $dsn = (string) $control['dsn'];
        unset($control['dsn'], $options['control']);
        $control = array_filter($control, static fn (mixed $value): bool => null !== $value);
        $scheme = strstr($dsn, ':', true);

        if (RedisDsn::handles($dsn)) {
            $redis = $options['redis'] ?? [];
            $options['redis'] = \is_array($redis) ? $redis + ['dsn' => $dsn] : $redis;
        }

        if (!isset($control['listen']) && 'unix' === $scheme) {
            $control['listen'] = $dsn;
        }

        if (!isset($control['listen']) && 'http' === $scheme && \is_array($url = parse_url($dsn)) && isset($url['host'])) {
            $control['listen'] = $url['host'].':'.($url['port'] ?? 80);
        }

        if (isset($control['listen'])) {
            $options['control'] = $control;
        }

        return $options;
    }
}
