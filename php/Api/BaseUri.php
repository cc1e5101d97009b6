<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Exception\InvalidArgumentException;

/**
 * Where the API is. Requests in the name of a client go there and nowhere else: what leads out of it is refused, however it
 * is written.
 */
final class BaseUri
{
    private const MAX_BYTES = 8192;

    /** 'https://example.org:8443' */
    public readonly string $origin;

    /** '' or '/app', without a slash at its end. */
    public readonly string $path;

    /**
     * @param string $uri 'https://example.org' or 'https://example.org/app'; paths of requests are appended to it
     *
     * @throws InvalidArgumentException for what is no such URI
     */
    public function __construct(string $uri)
    {
        $origin = Uri::origin($uri);

        if (null === $origin || \strlen($uri) > self::MAX_BYTES || false !== strpbrk($uri, '?#') || null !== self::fault(Uri::split($uri)[1])) {
            throw new InvalidArgumentException(sprintf('The option base_uri must be an absolute URL with http or https, without user, query and fragment, such as "https://example.org/app", "%s" given', preg_replace('{//[^/]*@}', '//[redacted]@', $uri)));
        }

        $this->origin = $origin;
        $this->path = rtrim(Uri::split($uri)[1], '/');
    }

    public function __toString(): string
    {
        return $this->origin.$this->path;
    }

    /**
     * The URL of a path below this URI, or an URL that is below it already.
     *
     * @param array<string, mixed> $query added to that of the path
     *
     * @throws InvalidArgumentException for everything else
     */
    public function resolve(string $path, array $query = []): string
    {
        if (\strlen($path) > self::MAX_BYTES) {
            throw new InvalidArgumentException(sprintf('Argument $path must have at most %d bytes, %d given', self::MAX_BYTES, \strlen($path)));
        }

        $url = $this->join($path, $why);

        if (null === $url) {
            throw new InvalidArgumentException(sprintf('Argument $path must be a path below %s, "%s" given: %s', $this, self::shown($path), $why));
        }

        if ([] !== $query) {
            $url .= (str_contains($url, '?') ? '&' : '?').http_build_query($query, '', '&', \PHP_QUERY_RFC3986);
        }

        return $url;
    }

    /** Whether an absolute URL is below this one. */
    public function contains(string $url): bool
    {
        return null !== Uri::origin($url) && null !== $this->join($url, $why);
    }

    /**
     * @param-out ?string $why what is wrong, for a message
     */
    private function join(string $path, ?string &$why): ?string
    {
        if (1 === preg_match('{^[a-z][a-z0-9+.-]*:}i', $path)) {
            if (Uri::origin($path) !== $this->origin) {
                $why = 'it is an URL of another origin';

                return null;
            }

            [, $target, $query] = Uri::split($path);
            $inside = '' === $this->path || $target === $this->path || str_starts_with($target, $this->path.'/');

            if (!$inside || null !== $why = self::fault($target) ?? self::fault($query, true)) {
                $why ??= 'it is an URL outside of that path';

                return null;
            }

            return $this->origin.$target.('' === $query ? '' : '?'.$query);
        }

        [$target, $query] = explode('?', $path, 2) + [1 => null];
        $why = str_starts_with($path, '//') ? 'two slashes begin the name of a host' : self::fault($target) ?? self::fault($query ?? '', true);

        if (null !== $why) {
            return null;
        }

        $target = ltrim($target, '/');

        return $this->origin.$this->path.('' === $target && '' !== $this->path ? '' : '/'.$target).(null === $query ? '' : '?'.$query);
    }

    /** What could mean another place to somebody on the way. */
    private static function fault(string $part, bool $isQuery = false): ?string
    {
        if (1 === preg_match('/[^\x21-\x7e]/', $part)) {
            return 'spaces, control characters and what is not ASCII must be percent-encoded';
        }

        if (str_contains($part, '#')) {
            return 'a fragment is not sent';
        }

        if ($isQuery) {
            return null;
        }

        if (str_contains($part, '\\')) {
            return 'some take a backslash for a slash';
        }

        // Servers and proxies decode once or more often.
        for ($round = 0; $part !== $decoded = rawurldecode($part); $part = $decoded) {
            if (++$round > 5) {
                return 'it is percent-encoded too often';
            }
        }

        if (1 === preg_match('/[\x00-\x1f\x7f]/', $part)) {
            return 'it has encoded control characters';
        }

        // "..;x" is ".." to servers with path parameters.
        return 1 === preg_match('{(?:^|/)\.{1,2}(?:;[^/]*)?(?:/|$)}D', strtr($part, '\\', '/')) ? 'it has the segment "." or ".."' : null;
    }

    private static function shown(string $path): string
    {
        $path = (string) preg_replace(['/[^\x20-\x7e]/', '{//[^/]*@}'], ['?', '//[redacted]@'], Uri::withoutQuery($path));

        return \strlen($path) > 200 ? substr($path, 0, 200).'...' : $path;
    }
}
