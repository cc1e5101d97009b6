<?php

declare(strict_types=1);

namespace Ferry\Api;

/**
 * What of RFC 3986 requests need.
 *
 * @internal
 */
final class Uri
{
    /** 'https://example.org', with the port only when it is not the scheme's own; null for what is no URL of a web server. */
    public static function origin(string $url): ?string
    {
        // What parse_url() forgives, others read differently.
        if (1 !== preg_match('{^(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?(?=[/?#]|$)}iD', $url, $match)) {
            return null;
        }

        $scheme = strtolower($match[1]);
        $port = (int) ($match[3] ?? 0);

        return $scheme.'://'.strtolower($match[2]).(0 === $port || $port === ('https' === $scheme ? 443 : 80) ? '' : ':'.$port);
    }

    /**
     * @return array{string, string, string} origin, path from its slash on, and query without '?'; the fragment is dropped
     */
    public static function split(string $url): array
    {
        if (1 !== preg_match('{^([a-z]+://[^/?#]*)([^?#]*)(?:\?([^#]*))?}i', $url, $match)) {
            throw new \ValueError('Not an absolute URL');
        }

        return [$match[1], '' === $match[2] ? '/' : $match[2], $match[3] ?? ''];
    }

    public static function withoutQuery(string $url): string
    {
        return substr($url, 0, strcspn($url, '?#'));
    }

    /** A reference as a redirect has it (RFC 3986 section 5.2), absolute. */
    public static function resolve(string $base, string $reference): string
    {
        if (1 === preg_match('{^[a-z][a-z0-9+.-]*:}i', $reference)) {
            return $reference;
        }

        [$origin, $path, $query] = self::split($base);
        $reference = substr($reference, 0, strcspn($reference, '#'));

        if (str_starts_with($reference, '//')) {
            return strstr($origin, '//', true).$reference;
        }

        if ('' === $reference || '?' === $reference[0]) {
            return $origin.$path.('' === $reference ? ('' === $query ? '' : '?'.$query) : $reference);
        }

        [$target, $query] = explode('?', $reference, 2) + [1 => null];
        $target = str_starts_with($target, '/') ? $target : substr($path, 0, (int) strrpos($path, '/') + 1).$target;

        return $origin.self::removeDots($target).(null === $query ? '' : '?'.$query);
    }

    private static function removeDots(string $path): string
    {
        $kept = [];
        $segments = explode('/', substr($path, 1));
        $last = end($segments);

        foreach ($segments as $segment) {
            if ('..' === $segment) {
                array_pop($kept);
            } elseif ('.' !== $segment) {
                $kept[] = $segment;
            }
        }

        return '/'.implode('/', $kept).(\in_array($last, ['.', '..'], true) && [] !== $kept ? '/' : '');
    }
}
