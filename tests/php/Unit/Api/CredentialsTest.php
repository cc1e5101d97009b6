<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Credentials;
use Ferry\Exception\LogicException;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * Query parameters and cookies come decoded, so that they may have what no header can carry.
 */
final class CredentialsTest extends TestCase
{
    /**
     * @return iterable<string, array{string}>
     */
    public static function unsendable(): iterable
    {
        yield 'another header' => ["abc\r\nX-Admin: 1"];
        yield 'another request' => ["abc\r\n\r\nDELETE /users HTTP/1.1"];
        yield 'a line feed' => ["abc\nX-Admin: 1"];
        yield 'a carriage return' => ["abc\rX-Admin: 1"];
        yield 'a line break at its end' => ["abc\n"];
        yield 'a null byte' => ["abc\0"];
        yield 'a space' => ['abc def'];
        yield 'beyond ASCII' => ["abc\xc3\xa9"];
        yield 'nothing' => [''];
    }

    /**
     * @dataProvider unsendable
     */
    #[DataProvider('unsendable')]
    public function testTokenThatNoHeaderCarriesIsAsGoodAsNone(string $token): void
    {
        self::assertNull(Credentials::of(new FakeConnection(handshake: new FakeHandshake(token: $token)), false), 'a visitor');

        $withCookie = new FakeHandshake(headers: ['Cookie' => 'SID=abc'], cookies: ['SID' => 'abc'], token: $token);
        self::assertSame(['cookie' => ['SID=abc']], Credentials::of(new FakeConnection(handshake: $withCookie), false)?->headers());

        $this->expectException(LogicException::class);
        $this->expectExceptionMessage('The user "alice" connected with neither a token nor a cookie');
        Credentials::of(new FakeConnection(identity: new Identity('alice', token: $token), handshake: new FakeHandshake()), false);
    }

    /**
     * @dataProvider unsendable
     */
    #[DataProvider('unsendable')]
    public function testCookieXsrfTokenThatNoHeaderCarriesIsNotSent(string $value): void
    {
        $handshake = new FakeHandshake(headers: ['Cookie' => 'SID=abc; XSRF-TOKEN='.rawurlencode($value)], cookies: ['SID' => 'abc', 'XSRF-TOKEN' => $value]);

        self::assertSame(['cookie'], array_keys(Credentials::of(new FakeConnection(handshake: $handshake), false)?->headers() ?? []));
    }

    public function testCookieXsrfTokenIsNotDecodedTwice(): void
    {
        $handshake = new FakeHandshake(headers: ['Cookie' => 'XSRF-TOKEN=a%250D%250Ab'], cookies: ['XSRF-TOKEN' => 'a%0D%0Ab']);

        self::assertSame(['a%0D%0Ab'], Credentials::of(new FakeConnection(handshake: $handshake), false)?->headers()['x-xsrf-token']);
    }

    /**
     * The server lets none of these in; other implementations of the handshake may.
     *
     * @dataProvider headers
     *
     * @param array<string, string>            $headers
     * @param ?array<string, list<string>>     $expected
     */
    #[DataProvider('headers')]
    public function testHeaderThatHasControlCharactersIsAsGoodAsNone(array $headers, ?array $expected): void
    {
        $connection = new FakeConnection(identity: new Identity('alice'), handshake: new FakeHandshake(headers: $headers));

        if (null === $expected) {
            $this->expectException(LogicException::class);
        }

        self::assertSame($expected, Credentials::of($connection, true)?->headers());
    }

    /**
     * @return iterable<string, array{array<string, string>, ?array<string, list<string>>}>
     */
    public static function headers(): iterable
    {
        yield 'a password' => [['Authorization' => 'Basic YTpi'], ['authorization' => ['Basic YTpi']]];
        yield 'a password and more' => [['Authorization' => "Basic YTpi\r\nX-Admin: 1"], null];
        yield 'a cookie' => [['Cookie' => "a=\xe9; b=c d"], ['cookie' => ["a=\xe9; b=c d"]]];
        yield 'a cookie and more' => [['Cookie' => "a=b\r\nX-Admin: 1"], null];
        yield 'an origin and more' => [['Cookie' => 'a=b', 'Origin' => "https://example.org\r\nX-Admin: 1"], ['cookie' => ['a=b']]];
    }
}
