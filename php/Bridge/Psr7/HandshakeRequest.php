<?php

declare(strict_types=1);

namespace Ferry\Bridge\Psr7;

use Ferry\Handshake;
use GuzzleHttp\Psr7\Request as GuzzleRequest;
use Nyholm\Psr7\Request as NyholmRequest;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\RequestInterface;

/**
 * The handshake as a PSR-7 request, made by whatever PSR-7 implementation the application has.
 *
 * The query string is encoded anew from the parsed one, so of a parameter that was given twice the last one is left.
 */
final class HandshakeRequest
{
    /**
     * @param ?RequestFactoryInterface $factory PSR-17; without one guzzlehttp/psr7 or nyholm/psr7 is used, whichever is there
     *
     * @throws \LogicException when there is none
     */
    public static function of(Handshake $handshake, ?RequestFactoryInterface $factory = null): RequestInterface
    {
        $headers = array_map('strval', $handshake->headers);
        $uri = self::uri($handshake, $headers['host'] ?? '');

        if (null === $factory && class_exists(GuzzleRequest::class)) {
            return new GuzzleRequest($handshake->method, $uri, $headers);
        }

        if (null === $factory && class_exists(NyholmRequest::class)) {
            return new NyholmRequest($handshake->method, $uri, $headers);
        }

        if (null === $factory) {
            throw new \LogicException('A PSR-7 request needs an implementation: install guzzlehttp/psr7 or nyholm/psr7, or pass a PSR-17 request factory.');
        }

        $request = $factory->createRequest($handshake->method, $uri);

        foreach ($headers as $name => $value) {
            $request = $request->withHeader((string) $name, $value);
        }

        return $request;
    }

    private static function uri(Handshake $handshake, string $host): string
    {
        // A client may send anything as Host; what is no host and port would not parse as a URI.
        $authority = preg_match('/\A(?:[\w.-]+|\[[0-9a-fA-F:.]+])(?::(\d{1,5}))?\z/', $host, $match) && ($match[1] ?? 1) <= 65535 ? 'http://'.$host : '';
        $query = http_build_query($handshake->query);
        // A path that begins with two slashes would be read as an authority.
        $path = '' === $authority ? '/'.ltrim($handshake->path, '/') : $handshake->path;

        return $authority.$path.('' === $query ? '' : '?'.$query);
    }
}
