<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security\Session;

/**
 * Reads what PHP's session module has written, without starting a session: session_decode() would need one, and a started
 * session is locked and sends headers.
 */
final class SessionDecoder
{
    /**
     * @param string $handler as in session.serialize_handler
     *
     * @return ?array<string, mixed> null for data that is broken or cut
     */
    public static function decode(string $data, string $handler): ?array
    {
        return match ($handler) {
            'php_serialize' => self::whole($data),
            'php' => self::entries($data, static function (string $data, int $at): ?array {
                $end = strpos($data, '|', $at);

                return false === $end ? null : [substr($data, $at, $end - $at), $end + 1];
            }),
            'php_binary' => self::entries($data, static function (string $data, int $at): ?array {
                $length = \ord($data[$at]) & 127;

                return [substr($data, $at + 1, $length), $at + 1 + $length];
            }),
            default => throw new \LogicException(sprintf('Sessions are written with session.serialize_handler=%s, and only php, php_binary and php_serialize can be read here.', $handler)),
        };
    }

    /**
     * @return ?array<string, mixed>
     */
    private static function whole(string $data): ?array
    {
        if ('' === $data) {
            return [];
        }

        $value = self::length($data, 0) === \strlen($data) ? @unserialize($data) : false;

        return \is_array($value) ? $value : null;
    }

    /**
     * @param \Closure(string, int): ?array{string, int} $key reads a key and tells where its value begins
     *
     * @return ?array<string, mixed>
     */
    private static function entries(string $data, \Closure $key): ?array
    {
        $values = [];

        for ($at = 0; $at < \strlen($data);) {
            [$name, $start] = $key($data, $at) ?? [null, 0];

            if (null === $name || null === $length = self::length($data, $start)) {
                return null;
            }

            $values[$name] = @unserialize(substr($data, $start, $length));
            $at = $start + $length;
        }

        return $values;
    }

    /** Bytes of the serialised value that begins there; null when it does not end. */
    private static function length(string $data, int $start): ?int
    {
        $at = $start;

        // What is still to come: an array of three has six values, keys included, and an end.
        for ($left = 1; $left > 0; --$left) {
            if (!preg_match('/\G(?:N;|[bidRr]:[^;]*;|([sSE]):(\d+):"|(a):(\d+):\{|(O):\d+:"[^"]*":(\d+):\{|(C):\d+:"[^"]*":(\d+):\{|\})/A', $data, $match, 0, $at)) {
                return null;
            }

            $at += \strlen($match[0]);

            if ('' !== ($match[1] ?? '')) {
                $at += (int) $match[2] + 2;
            } elseif ('' !== ($match[3] ?? '')) {
                $left += 2 * (int) $match[4] + 1;
            } elseif ('' !== ($match[5] ?? '')) {
                $left += 2 * (int) $match[6] + 1;
            } elseif ('' !== ($match[7] ?? '')) {
                $at += (int) $match[8];
                ++$left;
            }
        }

        return $at > \strlen($data) ? null : $at - $start;
    }
}
