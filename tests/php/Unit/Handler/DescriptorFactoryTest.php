<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\DescriptorFactory;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\MethodDescriptor;
use Ferry\Tests\Fixtures\Handler\ChatHandler;
use Ferry\Tests\Fixtures\RecordingHandler;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class DescriptorFactoryTest extends TestCase
{
    public function testItReadsAttributes(): void
    {
        [$descriptor] = DescriptorFactory::describe(ChatHandler::class, 'app.chat');

        self::assertSame(['app.chat', ChatHandler::class, '/chat/{room}/{page<\d+>?1}', ['key' => 'value']], [$descriptor->id, $descriptor->class, $descriptor->path->path, $descriptor->options]);
        self::assertSame(['open', 'say', 'field', 'quiet', 'quiet', 'payload', 'refuse', 'throw', 'other', 'binary', 'close', 'error'], array_map(static fn (MethodDescriptor $method): string => $method->name, $descriptor->methods));
        self::assertSame(ChatHandler::class.'::open()', (string) $descriptor->method('open'));
        self::assertSame(['string $room', 'int $page'], array_map('strval', $descriptor->method('open')->arguments));
        self::assertEquals($descriptor, unserialize(serialize($descriptor)), 'plain data');
    }

    public function testHandlerInterfaceNeedsNoAttribute(): void
    {
        [$descriptor] = DescriptorFactory::describe(RecordingHandler::class);

        self::assertTrue($descriptor->interface);
        self::assertNull($descriptor->path);

        [$descriptor] = DescriptorFactory::describe(RecordingHandler::class, null, new AsWsHandler('/x'));
        self::assertSame('/x', $descriptor->path->path);
    }

    public function testWhoWaits(): void
    {
        [$byClass] = DescriptorFactory::describe((new #[AsWsHandler('/a', async: true)] class {
            #[OnMessage('say')]
            public function say(): void
            {
            }
        })::class);
        [$byMethod] = DescriptorFactory::describe((new #[AsWsHandler('/a')] class {
            #[OnMessage('say', async: true)]
            public function say(): void
            {
            }

            #[OnMessage]
            public function other(): void
            {
            }
        })::class);
        [$neither] = DescriptorFactory::describe(ChatHandler::class);

        self::assertSame([true, false], [$byClass->async, $byClass->methods[0]->async]);
        self::assertSame([false, true, false], [$byMethod->async, $byMethod->methods[0]->async, $byMethod->methods[1]->async]);
        self::assertSame([true, true, false], [$byClass->waits(), $byMethod->waits(), $neither->waits()]);
    }

    public function testOneClassOnSeveralPaths(): void
    {
        $descriptors = DescriptorFactory::describe((new #[AsWsHandler('/a')] #[AsWsHandler('/b')] class {
            #[OnOpen]
            public function open(): void
            {
            }
        })::class);

        self::assertSame(['/a', '/b'], [$descriptors[0]->path->path, $descriptors[1]->path->path]);
    }

    /**
     * @dataProvider invalidHandlers
     */
    #[DataProvider('invalidHandlers')]
    public function testInvalidHandlersAreRefused(object $handler, string $message): void
    {
        $this->expectException(InvalidHandlerException::class);
        $this->expectExceptionMessage($message);

        HandlerDispatcher::of([$handler])->prepare();
    }

    /**
     * @return iterable<string, array{object, string}>
     */
    public static function invalidHandlers(): iterable
    {
        yield 'no path' => [new class {
            #[OnOpen]
            public function open(): void
            {
            }
        }, 'has no path. Put #[AsWsHandler(\'/path\')] on the class'];
        yield 'nothing handled' => [new #[AsWsHandler] class {
            public function open(): void
            {
            }
        }, 'handles nothing'];
        yield 'wrong path' => [new #[AsWsHandler('chat')] class {
            #[OnOpen]
            public function open(): void
            {
            }
        }, 'The path "chat" must start with "/".'];
        yield 'private method' => [new #[AsWsHandler] class {
            #[OnOpen]
            private function open(): void
            {
            }
        }, 'has #[OnOpen] and so must be public'];
        yield 'one type twice' => [new #[AsWsHandler] class {
            #[OnMessage('say')]
            public function one(): void
            {
            }

            #[OnMessage('say')]
            public function other(): void
            {
            }
        }, "::one() and other() have #[OnMessage('say')]. Only one method can."];
        yield 'raw with a type' => [new #[AsWsHandler] class {
            #[OnMessage('say', raw: true)]
            public function one(): void
            {
            }
        }, 'both a type and raw'];
        yield 'unknown scalar' => [new #[AsWsHandler('/chat/{room}')] class {
            #[OnMessage('say')]
            public function say(string $rom): void
            {
            }
        }, 'Cannot resolve the argument "string $rom" of class@anonymous'];
        yield 'unknown class' => [new #[AsWsHandler('/chat/{room}')] class {
            #[OnOpen]
            public function open(\ArrayObject $what): void
            {
            }
        }, 'a placeholder of the path (room), the server (Ferry\WsServer), a service, or have a default value.'];
        yield 'message in a close' => [new #[AsWsHandler] class {
            #[OnClose]
            public function close(array $message): void
            {
            }
        }, 'Cannot resolve the argument "array $message"'];
        yield 'untyped' => [new #[AsWsHandler] class {
            #[OnMessage]
            public function any($what): void
            {
            }
        }, 'Cannot resolve the argument "$what"'];
        yield 'field of nothing' => [new #[AsWsHandler] class {
            #[OnOpen]
            public function open(#[MapField] string $text): void
            {
            }
        }, 'only decoded messages have fields'];
        yield 'field as an object' => [new #[AsWsHandler] class {
            #[OnMessage]
            public function any(#[MapField] \ArrayObject $text): void
            {
            }
        }, 'a field is a scalar, an array or a backed enum'];
    }
}
