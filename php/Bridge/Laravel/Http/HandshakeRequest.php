<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Http;

use Ferry\Handshake;
use Ferry\Http\RequestFactory;
use Illuminate\Http\Request;

/**
 * The HTTP request that opened a connection, as Laravel knows requests.
 */
final class HandshakeRequest
{
    /**
     * It asks for JSON, so that middleware answers with a status and never with a redirect or an error page, and so that a session
     * does not remember it as the page that was seen last.
     *
     * @param bool $cookies false leaves them out, see CrossSite
     */
    public static function from(Handshake $handshake, bool $cookies = true): Request
    {
        $request = RequestFactory::fromHandshake($handshake, Request::class, $cookies);
        $request->headers->set('Accept', 'application/json');
        $request->headers->set('X-Requested-With', 'XMLHttpRequest');

        // The client's address is known already; what a header says of it could only be a second opinion.
        foreach (['Forwarded', 'X-Forwarded-For'] as $header) {
            $request->headers->remove($header);
        }

        return $request;
    }
}
