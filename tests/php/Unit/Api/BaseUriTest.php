<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\BaseUri;
use Ferry\Api\Uri;
use Ferry\Exception\InvalidArgumentException;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class BaseUriTest extends TestCase
{
    /**
     * @dataProvider paths
     */
    #[DataProvider('paths')]
    public function testPathsAreAppended(string $base, string $path, string $expected): void
    {
        self::assertSame($expected, (new BaseUri($base))->resolve($path));
    }

    /**
     * @return iterable<array{string, string, string}>
     */
    public static function paths(): iterable
    {
        yield ['https://example.org', '/api/messages', 'https://example.org/api/messages'];
        yield ['https://example.org/', 'api/messages?limit=1', 'https://example.org/api/messages?limit=1'];
        yield ['https://Example.org:443/app/', '/api/messages', 'https://example.org/app/api/messages'];
        yield ['http://[::1]:8000', '', 'http://[::1]:8000/'];
        yield ['https://example.org/app', '', 'https://example.org/app'];
        yield ['https://example.org/app', 'https://EXAMPLE.org/app/x', 'https://example.org/app/x'];
        yield ['https://example.org/app', 'https://example.org:443/app', 'https://example.org/app'];
        yield ['https://example.org', '/a..b/.c/d../e%20f', 'https://example.org/a..b/.c/d../e%20f'];
        yield ['https://example.org', '/classes/App%5CEntity', 'https://example.org/classes/App%5CEntity'];
        yield ['https://example.org', '/links/https%3A%2F%2Fexample.com%2Fx', 'https://example.org/links/https%3A%2F%2Fexample.com%2Fx'];
        yield ['https://example.org', '/find?path=../../x', 'https://example.org/find?path=../../x'];
        yield ['https://example.org', '/100%25', 'https://example.org/100%25'];
        yield ['https://example.org', '/users/@me', 'https://example.org/users/@me'];
    }

    public function testQueryIsAdded(): void
    {
        $base = new BaseUri('https://example.org');

        self::assertSame('https://example.org/x?a=1&b=two%20words&c%5B0%5D=3', $base->resolve('/x?a=1', ['b' => 'two words', 'c' => [3]]));
        self::assertSame('https://example.org/x?b=2', $base->resolve('/x', ['b' => 2]));
    }

    /**
     * @dataProvider escapes
     */
    #[DataProvider('escapes')]
    public function testWhatLeadsOutIsRefusedWithTheArgumentsName(string $path): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('Argument $path must be a path below https://example.org/app');

        (new BaseUri('https://example.org/app'))->resolve($path);
    }

    /**
     * @return iterable<array{string}>
     */
    public static function escapes(): iterable
    {
        $all = [
            '..', '../x', '/../x', '/a/../../x', '/a/..', '/./x', '/..;/x', '/..;v=1/x',
            '/%2e%2e/x', '/%2E./x', '/.%2e', '/%252e%252e/x', '/%25252e%25252e/x', '/..%2fx', '/..%2Fx', '/a%2f..%2fx', '/..%5cx', '/..%255cx',
            '\\\\evil.example', '/\\evil.example', '/a\\..\\x', '//evil.example', '//evil.example/app', '///evil.example',
            'https://evil.example/app', 'https://example.org.evil.example/app', 'https://example.org@evil.example/app', 'https://evil.example\\@example.org/app',
            'https://user:password@example.org/app', 'http://example.org/app', 'https://example.org:8443/app', 'https://example.org/', 'https://example.org/application',
            'https://example.org/app/../x', 'https://example.org/app/%2e%2e/x', 'https:/example.org/app', 'https:example.org', 'HTTPS://evil.example',
            'file:///etc/passwd', 'javascript:alert(1)', 'data:x', "/a\r\nHost: evil.example", "/a\0", '/a b', "/a\tb", '/ü', '/a%00', '/a%0d%0aX: y', '/x#fragment', "/x?a=1\n", '/x?a= b',
            '/%25252525252525252e',
        ];

        foreach ($all as $path) {
            yield $path => [$path];
        }
    }

    public function testLongPathsAreRefused(): void
    {
        $this->expectExceptionMessage('Argument $path must have at most 8192 bytes, 8193 given');

        (new BaseUri('https://example.org'))->resolve(str_repeat('a', 8193));
    }

    /**
     * @testWith ["example.org"]
     *           ["ftp://example.org"]
     *           ["https://user:pass@example.org"]
     *           ["https://example.org?x=1"]
     *           ["https://example.org/#x"]
     *           ["https://example.org/../x"]
     *           [""]
     *           ["https://"]
     */
    #[\PHPUnit\Framework\Attributes\TestWith(['example.org'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['ftp://example.org'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://user:pass@example.org'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://example.org?x=1'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://example.org/#x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://example.org/../x'])]
    #[\PHPUnit\Framework\Attributes\TestWith([''])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://'])]
    public function testBaseUriIsChecked(string $uri): void
    {
        try {
            new BaseUri($uri);
            self::fail('It was taken.');
        } catch (InvalidArgumentException $e) {
            self::assertStringContainsString('The option base_uri must be an absolute URL', $e->getMessage());
            self::assertStringNotContainsString('pass', $e->getMessage());
        }
    }

    /**
     * @dataProvider references
     */
    #[DataProvider('references')]
    public function testReferencesOfRedirections(string $reference, string $expected): void
    {
        self::assertSame($expected, Uri::resolve('https://example.org/a/b/c?q=1', $reference));
    }

    /**
     * @return iterable<array{string, string}>
     */
    public static function references(): iterable
    {
        yield ['https://other.example/x', 'https://other.example/x'];
        yield ['//other.example/x', 'https://other.example/x'];
        yield ['/x?y=1', 'https://example.org/x?y=1'];
        yield ['d', 'https://example.org/a/b/d'];
        yield ['../d', 'https://example.org/a/d'];
        yield ['../../../d', 'https://example.org/d'];
        yield ['./', 'https://example.org/a/b/'];
        yield ['..', 'https://example.org/a/'];
        yield ['?y=2', 'https://example.org/a/b/c?y=2'];
        yield ['', 'https://example.org/a/b/c?q=1'];
        yield ['#x', 'https://example.org/a/b/c?q=1'];
    }
}
