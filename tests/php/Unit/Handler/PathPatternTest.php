<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\PathPattern;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class PathPatternTest extends TestCase
{
    public function testPathWithoutPlaceholdersMatchesItself(): void
    {
        $pattern = PathPattern::compile('/a.b');

        self::assertSame([], $pattern->match('/a.b'));
        self::assertNull($pattern->match('/aXb'));
        self::assertNull($pattern->match('/a.b/'));
    }

    public function testPlaceholdersMatchOneSegment(): void
    {
        $pattern = PathPattern::compile('/chat/{room}/x-{n}.json');

        self::assertSame(['room' => 'lobby é', 'n' => '7'], $pattern->match('/chat/lobby é/x-7.json'));
        self::assertNull($pattern->match('/chat/a/b/x-7.json'));
        self::assertNull($pattern->match('/chat//x-7.json'));
        self::assertNull($pattern->match("/chat/a/x-7.json\n"));
        self::assertNull($pattern->match("/chat/\xff/x-7.json"), 'what is not UTF-8 is no value');
    }

    public function testRequirementsInlineAndBesideThePath(): void
    {
        foreach ([PathPattern::compile('/{year<\d{4}>}/{rest<.+>}'), PathPattern::compile('/{year}/{rest}', ['year' => '^\d{4}$', 'rest' => '.+'])] as $pattern) {
            self::assertSame(['year' => '2026', 'rest' => 'a/~b'], $pattern->match('/2026/a/~b'));
            self::assertNull($pattern->match('/26/a'));
        }

        self::assertSame(['a' => 'x~y'], PathPattern::compile('/{a<x~y>}')->match('/x~y'));
    }

    public function testDefaultsAtTheEnd(): void
    {
        $pattern = PathPattern::compile('/chat/{room?lobby}/{page<\d+>?}');

        self::assertSame(['room' => 'lobby', 'page' => null], $pattern->match('/chat'));
        self::assertSame(['room' => 'a', 'page' => null], $pattern->match('/chat/a'));
        self::assertSame(['room' => 'a', 'page' => '2'], $pattern->match('/chat/a/2'));
        self::assertNull($pattern->match('/chat/'));
        self::assertSame(['room' => 'x'], PathPattern::compile('/{room}', [], ['room' => 'x'])->match('/'));
        self::assertSame(['room' => 'y'], PathPattern::compile('/{room}', [], ['room' => 'x'])->match('/y'));
    }

    /**
     * @dataProvider invalidPaths
     *
     * @param array<string, string> $requirements
     */
    #[DataProvider('invalidPaths')]
    public function testInvalidPathsAreRefused(string $path, array $requirements, string $message): void
    {
        $this->expectException(InvalidHandlerException::class);
        $this->expectExceptionMessage($message);

        PathPattern::compile($path, $requirements);
    }

    /**
     * @return iterable<string, array{string, array<string, string>, string}>
     */
    public static function invalidPaths(): iterable
    {
        yield 'relative' => ['chat', [], 'The path "chat" must start with "/".'];
        yield 'empty' => ['', [], 'must start with "/"'];
        yield 'query' => ['/chat?x=1', [], 'must not contain a query'];
        yield 'open brace' => ['/chat/{room', [], 'belongs to no placeholder'];
        yield 'odd name' => ['/chat/{1room}', [], 'belongs to no placeholder'];
        yield 'twice' => ['/{a}/{a}', [], 'has the placeholder "a" twice'];
        yield 'unknown requirement' => ['/{a}', ['b' => '\d+'], 'has no placeholder "b"'];
        yield 'broken requirement' => ['/{a}', ['a' => '(x'], 'which is no regular expression'];
        yield 'default in the middle' => ['/{a?1}/b', [], 'in its middle'];
        yield 'default before a placeholder' => ['/{a?1}/{b}', [], 'in its middle'];
        yield 'default of a part' => ['/x-{a?1}', [], 'in its middle'];
    }

    public function testItCanBeSerialised(): void
    {
        $pattern = PathPattern::compile('/chat/{room}');

        self::assertEquals($pattern, unserialize(serialize($pattern)));
    }
}
