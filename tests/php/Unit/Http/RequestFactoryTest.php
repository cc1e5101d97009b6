<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Http;

use Ferry\Auth\TicketIssuer;
use Ferry\Http\RequestFactory;
use Ferry\Testing\FakeHandshake;
use PHPUnit\Framework\TestCase;

final class RequestFactoryTest extends TestCase
{
    public function testRequestIsWhatAWebServerWouldPassOn(): void
    {
        $handshake = new FakeHandshake(
            '/chat/a%20b?x[]=1&x[]=2&y=%26',
            ['Host' => 'example.org:8443', 'Origin' => 'https://example.org', 'X-Request-Id' => 'r1', 'Proxy' => 'evil:1'],
            ['theme' => 'dark'],
            remoteAddress: '192.0.2.7',
        );
        $request = RequestFactory::fromHandshake($handshake);

        self::assertSame(['GET', '/chat/a%20b', ['x' => ['1', '2'], 'y' => '&'], ['theme' => 'dark']], [$request->getMethod(), $request->getPathInfo(), $request->query->all(), $request->cookies->all()]);
        self::assertSame(['example.org', 8443, '192.0.2.7'], [$request->getHost(), $request->getPort(), $request->getClientIp()]);
        self::assertSame(['https://example.org', 'r1', null], [$request->headers->get('origin'), $request->headers->get('x-request-id'), $request->headers->get('authorization')]);
        self::assertFalse($request->server->has('HTTP_PROXY'));
        self::assertSame('/chat/a%20b?x%5B0%5D=1&x%5B1%5D=2&y=%26', $request->getRequestUri());
    }

    public function testTokenStandsWhereAuthenticatorsLook(): void
    {
        $bySubprotocol = RequestFactory::fromHandshake(new FakeHandshake(token: 'abc'));
        $byHeader = RequestFactory::fromHandshake(new FakeHandshake(headers: ['Authorization' => 'Basic YWxpY2U6c2VjcmV0'], token: 'abc'));

        self::assertSame('Bearer abc', $bySubprotocol->headers->get('Authorization'));
        self::assertSame(['Basic YWxpY2U6c2VjcmV0', 'alice', 'secret'], [$byHeader->headers->get('Authorization'), $byHeader->getUser(), $byHeader->getPassword()]);
    }

    public function testAddressHasNoCredentials(): void
    {
        $ticket = (new TicketIssuer('0123456789abcdef'))->issue('alice');
        $request = RequestFactory::fromHandshake(new FakeHandshake('/chat?lang=de&ticket=42&access_token=very-secret&x[]='.$ticket, token: 'very-secret'));

        self::assertSame('/chat?lang=de&ticket=42&access_token=redacted&x%5B0%5D=redacted', $request->getRequestUri());
        self::assertSame('lang=de&ticket=42&access_token=redacted&x%5B0%5D=redacted', $request->server->get('QUERY_STRING'));
        self::assertSame('very-secret', $request->query->get('access_token'), 'for authenticators that look there');
    }

    public function testClientOfAUnixSocketIsOnThisMachine(): void
    {
        self::assertSame('127.0.0.1', RequestFactory::fromHandshake(new FakeHandshake(remoteAddress: 'unix:'))->getClientIp());
    }
}
