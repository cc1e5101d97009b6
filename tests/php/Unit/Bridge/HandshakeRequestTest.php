<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Bridge;

use Ferry\Bridge\Psr7\HandshakeRequest;
use Ferry\Testing\FakeHandshake;
use Nyholm\Psr7\Factory\Psr17Factory;
use PHPUnit\Framework\TestCase;

final class HandshakeRequestTest extends TestCase
{
    public static function setUpBeforeClass(): void
    {
        require_once '/usr/share/php/Nyholm/Psr7/autoload.php';
    }

    public function testMethodUriAndHeadersAreThoseOfTheHandshake(): void
    {
        $handshake = new FakeHandshake('/chat/5?name=J%C3%BCrgen&tags[]=a', ['Host' => 'example.org:8080', 'X-Custom' => 'yes', 'Cookie' => 'a=b']);

        foreach ([null, new Psr17Factory()] as $factory) {
            $request = HandshakeRequest::of($handshake, $factory);

            self::assertSame('GET', $request->getMethod());
            self::assertSame('http://example.org:8080/chat/5?name=J%C3%BCrgen&tags%5B0%5D=a', (string) $request->getUri());
            self::assertSame(['yes', 'a=b', 'example.org:8080'], [$request->getHeaderLine('x-custom'), $request->getHeaderLine('Cookie'), $request->getHeaderLine('Host')]);
        }
    }

    public function testAHostThatIsNoneIsLeftOutOfTheUri(): void
    {
        foreach (['' => '/a', 'evil/../x' => '/a', 'host:99999' => '/a', 'a b' => '/a', '[::1]:80' => 'http://[::1]/a', 'user@host' => '/a'] as $host => $uri) {
            $request = HandshakeRequest::of(new FakeHandshake('/a', ['Host' => $host]));

            self::assertSame($uri, (string) $request->getUri(), $host);
        }
    }

    public function testAPathIsNeverReadAsAHost(): void
    {
        $request = HandshakeRequest::of(new FakeHandshake('//evil.example/a'));

        self::assertSame('', $request->getUri()->getHost());
        self::assertSame('/evil.example/a', $request->getUri()->getPath());
    }
}
