<?php

declare(strict_types=1);

namespace Ferry\Http;

use Ferry\Handshake;

/**
 * Browsers send cookies along with WebSockets from any page, and no same-origin policy keeps a foreign page from reading the
 * answers. So where the server is not told which origins may connect (allowed_origins), cookies count only for pages of the
 * server's own host.
 */
final class CrossSite
{
    /**
     * Whether the handshake comes from a page of another host. Ports do not matter, as they do not to cookies. Clients that
     * are no browsers send no Origin.
     */
    public static function is(Handshake $handshake): bool
    {
        $origin = $handshake->headers['origin'] ?? null;

        if (null === $origin || '' === $origin) {
            return false;
        }

        $from = parse_url($origin, \PHP_URL_HOST);
        $host = parse_url('ws://'.($handshake->headers['host'] ?? ''), \PHP_URL_HOST);

        return !\is_string($from) || !\is_string($host) || 0 !== strcasecmp($from, $host);
    }
}
