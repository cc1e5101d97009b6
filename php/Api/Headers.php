<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Exception\InvalidArgumentException;

/**
 * @internal
 */
final class Headers
{
    /** What says who the client is and where the request goes: Ferry sets it, nobody else. */
    private const RESERVED = ['host' => true, 'content-length' => true, 'transfer-encoding' => true, 'connection' => true, 'upgrade' => true];
    private const OF_THE_CLIENT = ['authorization' => true, 'proxy-authorization' => true, 'cookie' => true, 'x-forwarded-for' => true, 'forwarded' => true, 'x-xsrf-token' => true, 'origin' => true];

    /**
     * @param array<string, mixed> $headers      strings or lists of strings by name
     * @param string               $argument     for messages
     * @param bool                 $forAClient   whether credentials are those of a connection
     *
     * @return array<string, list<string>> by lower-case name
     *
     * @throws InvalidArgumentException
     */
    public static function normalize(#[\SensitiveParameter] array $headers, string $argument, bool $forAClient): array
    {
        $normalized = [];

        foreach ($headers as $name => $values) {
            $name = (string) $name;

            if (1 !== preg_match('/^[!#$%&\'*+.^_`|~0-9A-Za-z-]{1,256}$/D', $name)) {
                throw new InvalidArgumentException(sprintf('%s must have names of headers as keys, "%s" given', $argument, preg_replace('/[^\x20-\x7e]/', '?', substr($name, 0, 64))));
            }

            $name = strtolower($name);

            if (isset(self::RESERVED[$name])) {
                throw new InvalidArgumentException(sprintf('%s must not have "%s", which follows from the request', $argument, $name));
            }

            if ($forAClient && isset(self::OF_THE_CLIENT[$name])) {
                throw new InvalidArgumentException(sprintf('%s must not have "%s": what says who the client is comes from the connection. For requests of your own use the ApiClient without as()', $argument, $name));
            }

            foreach (\is_array($values) ? $values : [$values] as $value) {
                if (!\is_string($value) && !\is_int($value) && !\is_float($value) && !$value instanceof \Stringable) {
                    throw new InvalidArgumentException(sprintf('%s must have strings or lists of strings, %s given for "%s"', $argument, get_debug_type($value), $name));
                }

                $value = trim((string) $value);

                if (self::hasControls($value)) {
                    throw new InvalidArgumentException(sprintf('%s must have no control characters, and "%s" has some', $argument, $name));
                }

                $normalized[$name][] = $value;
            }
        }

        return $normalized;
    }

    /** Line breaks among them, which would begin another header or another request. */
    public static function hasControls(#[\SensitiveParameter] string $value): bool
    {
        return 1 === preg_match('/[\x00-\x08\x0a-\x1f\x7f]/', $value);
    }
}
