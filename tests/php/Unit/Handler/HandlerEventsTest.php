<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;
use Ferry\Event\ConnectionClosed;
use Ferry\Event\ConnectionOpened;
use Ferry\Event\MessageFailed;
use Ferry\Event\MessageHandled;
use Ferry\Event\MessageReceived;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\Frame;
use Ferry\Tests\Fixtures\Handler\ChatHandler;
use Ferry\Tests\Fixtures\StubConnection;
use PHPUnit\Framework\TestCase;
use Psr\EventDispatcher\EventDispatcherInterface;
use Symfony\Component\EventDispatcher\EventDispatcher;

final class HandlerEventsTest extends TestCase
{
    use TalksToDispatcher;

    public function testEvents(): void
    {
        $events = new EventDispatcher();
        $seen = [];

        foreach ([ConnectionOpened::class, MessageReceived::class, MessageHandled::class, MessageFailed::class, ConnectionClosed::class] as $event) {
            $events->addListener($event, static function (object $event) use (&$seen): void {
                $seen[] = (new \ReflectionClass($event))->getShortName();
            });
        }

        [$connection, $dispatcher] = $this->open(new ChatHandler(), events: $events);
        $dispatcher->onMessage($connection, '{"type":"say"}', false);
        $dispatcher->onMessage($connection, 'nonsense', false);
        $dispatcher->onMessage($connection, '{"type":"refuse"}', false);
        $this->failOn($dispatcher, $connection, '{"type":"throw"}');
        $dispatcher->onClose($connection, 1000, '');

        self::assertSame([
            'ConnectionOpened',
            'MessageReceived', 'MessageHandled',
            'MessageFailed',
            'MessageReceived', 'MessageFailed',
            'MessageReceived', 'MessageFailed',
            'ConnectionClosed',
        ], $seen);
    }

    public function testListenersOfMessagesAreCalledAsTheirDispatcherWould(): void
    {
        $events = new EventDispatcher();
        $seen = [];
        $events->addListener(MessageReceived::class, static function (MessageReceived $event, string $name, object $dispatcher) use (&$seen, $events): void {
            $seen[] = [$name, $dispatcher === $events];
        });
        $events->addListener(MessageReceived::class, static function (mixed ...$arguments) use (&$seen): void {
            $seen[] = \count($arguments);
        }, 10);
        [$connection, $dispatcher] = $this->open(new ChatHandler(), events: $events);
        $events->addListener(MessageReceived::class, static function () use (&$seen): void {
            $seen[] = 'late';
        }, 20);
        $dispatcher->onMessage($connection, '{"type":"say"}', false);
        self::assertSame([3, [MessageReceived::class, true]], $seen);

        $seen = [];
        $dispatcher->onOpen(new StubConnection('/chat/lobby'));
        $dispatcher->onMessage($connection, '{"type":"say"}', false);
        self::assertSame('late', $seen[0], 'a listener that is added later takes part when the next connection opens');
    }

    public function testEventsOfMessagesMayBeKept(): void
    {
        $events = new EventDispatcher();
        $kept = [];

        foreach ([MessageReceived::class, MessageHandled::class] as $event) {
            $events->addListener($event, static function (object $event) use (&$kept): void {
                $kept[] = $event;
            });
        }

        $handler = new #[AsWsHandler('/')] class {
            #[OnMessage(raw: true)]
            public function shout(Connection $connection, string $data): string
            {
                return strtoupper($data);
            }
        };
        $connection = new FakeConnection();
        $dispatcher = HandlerDispatcher::of([$handler], events: $events);
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, 'one', false);
        $dispatcher->onMessage($connection, 'two', true);

        self::assertSame(['one', 'one', 'two', 'two'], array_map(static fn (object $event): ?string => $event->envelope->message?->payload, $kept));
        self::assertSame([false, true], [$kept[1]->envelope->message?->binary, $kept[3]->envelope->message?->binary]);
        self::assertSame(['ONE', 'TWO'], [$kept[1]->result, $kept[3]->result]);
        self::assertSame(['ONE', 'TWO'], array_map(static fn (Frame $frame): string => $frame->data, $connection->frames()));
        self::assertSame('shout', $kept[0]->envelope->method?->name);
    }

    public function testEveryPsr14DispatcherWillDo(): void
    {
        $events = new class implements EventDispatcherInterface {
            /** @var list<class-string> */
            public array $dispatched = [];

            public function dispatch(object $event): object
            {
                $this->dispatched[] = $event::class;

                return $event;
            }
        };
        [$connection, $dispatcher] = $this->open(new ChatHandler(), events: $events);
        $dispatcher->onMessage($connection, '{"type":"say"}', false);

        self::assertSame([ConnectionOpened::class, MessageReceived::class, MessageHandled::class], $events->dispatched);
    }
}
