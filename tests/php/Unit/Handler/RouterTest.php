<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\PathPattern;
use Ferry\Handler\Router;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class RouterTest extends TestCase
{
    public function testMoreSpecificHandlersWin(): void
    {
        $router = new Router([
            $this->handler('any', null),
            $this->handler('room', '/chat/{room}'),
            $this->handler('number', '/chat/{n<\d+>}', 1),
            $this->handler('admin', '/chat/admin'),
        ]);

        self::assertSame('admin', $router->match('/chat/admin')[0]->id);
        self::assertSame('number', $router->match('/chat/5')[0]->id);
        self::assertSame('room', $router->match('/chat/x')[0]->id);
        self::assertSame('any', $router->match('/elsewhere')[0]->id);
        self::assertNull($router->paths());
    }

    public function testValuesAreDecoded(): void
    {
        $router = new Router([$this->handler('room', '/chat/{room}'), $this->handler('café', '/café')]);

        self::assertSame(['room' => 'a b'], $router->match('/chat/a%20b')[1]);
        self::assertSame('café', $router->match('/caf%C3%A9')[0]->id);
        self::assertNull($router->match('/chat/a%2Fb'), 'an encoded slash is a slash, as in routes');
        self::assertNull($router->match('/chat'));
    }

    public function testPathsOfStaticHandlers(): void
    {
        self::assertSame(['/a', '/b'], (new Router([$this->handler('a', '/a'), $this->handler('b', '/b')]))->paths());
    }

    public function testValueThatFitsNoArgumentIsNoMatch(): void
    {
        $method = new MethodDescriptor(self::class, 'x', MethodDescriptor::OPEN, arguments: [new ArgumentMetadata('id', 'int', true)], placeholders: ['id']);
        $router = new Router([new HandlerDescriptor('typed', self::class, PathPattern::compile('/{id}'), [$method])]);

        self::assertSame(['id' => '-5'], $router->match('/-5')[1]);
        self::assertNull($router->match('/five'));
        self::assertNull($router->match('/99999999999999999999'));
    }

    /**
     * @dataProvider conflicts
     */
    #[DataProvider('conflicts')]
    public function testTwoHandlersOnOnePathAreRefused(?string $one, ?string $other, string $message): void
    {
        $this->expectException(InvalidHandlerException::class);
        $this->expectExceptionMessage($message);

        new Router([$this->handler('App\One', $one), $this->handler('App\Other', $other)]);
    }

    /**
     * @return iterable<array{?string, ?string, string}>
     */
    public static function conflicts(): iterable
    {
        yield ['/a', '/a', 'Both "App\One" and "App\Other" serve the path "/a".'];
        yield ['/{a}', '/{b}', 'serve the same paths ("/{a}" and "/{b}")'];
        yield [null, null, 'have no path'];
    }

    private function handler(string $id, ?string $path, int $priority = 0): HandlerDescriptor
    {
        return new HandlerDescriptor($id, self::class, null === $path ? null : PathPattern::compile($path), priority: $priority);
    }
}
