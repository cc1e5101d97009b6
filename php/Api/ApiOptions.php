<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Exception\InvalidArgumentException;

/**
 * How requests to the API are made.
 */
final class ApiOptions
{
    public const FORWARDED = ['x-forwarded-for', 'forwarded', 'none'];

    /** @var array<string, list<string>> */
    public readonly array $headers;

    /**
     * @param array<string, mixed> $headers           sent with every request
     * @param float                $timeout           seconds for a request, all of it
     * @param int                  $maxRedirects      followed, inside of the base URI; 0: none
     * @param string               $forwarded         header with the client's address: 'x-forwarded-for', 'forwarded' or 'none'
     * @param int                  $expiredCloseCode  of connections whose token has expired, 3000 to 4999
     * @param bool                 $originsAreChecked whether the server refuses pages that may not connect (allowed_origins)
     *
     * @throws InvalidArgumentException naming the option
     */
    public function __construct(
        array $headers = [],
        public readonly float $timeout = 10.0,
        public readonly int $maxRedirects = 3,
        public readonly string $forwarded = 'x-forwarded-for',
        public readonly int $expiredCloseCode = ConnectionRegistry::UNAUTHORIZED,
        public readonly bool $originsAreChecked = false,
    ) {
        $this->headers = Headers::normalize($headers, 'The option headers', true);

        if (!is_finite($timeout) || $timeout <= 0 || $timeout > 86400) {
            throw new InvalidArgumentException(sprintf('The option timeout must be more than 0 and at most 86400 seconds, %s given', $timeout));
        }

        if ($maxRedirects < 0 || $maxRedirects > 20) {
            throw new InvalidArgumentException(sprintf('The option max_redirects must be from 0 to 20, %d given', $maxRedirects));
        }

        if (!\in_array($forwarded, self::FORWARDED, true)) {
            throw new InvalidArgumentException(sprintf('The option forwarded must be one of "%s", "%s" given', implode('", "', self::FORWARDED), $forwarded));
        }

        if ($expiredCloseCode < 3000 || $expiredCloseCode > 4999) {
            throw new InvalidArgumentException(sprintf('The option expired_close_code must be from 3000 to 4999, %d given', $expiredCloseCode));
        }
    }
}
