<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;
use Ferry\Event\MessageFailed;
use Ferry\Event\MessageHandled;
use Ferry\Event\MessageReceived;
use Ferry\Handler\CurrentEvent;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\LazyScopeInterface;
use Ferry\Handler\Scopes;
use Ferry\Handler\Session;
use Ferry\Middleware\Envelope;
use Ferry\Testing\FakeConnection;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\EventDispatcher\EventDispatcher;

/**
 * The envelope of a frame that is not decoded is made when somebody asks for it. Nobody may notice.
 */
final class LazyEnvelopeTest extends TestCase
{
    /**
     * @dataProvider listened
     *
     * @param list<class-string> $listened
     */
    #[DataProvider('listened')]
    public function testAllEventsOfAFrameHaveOneEnvelope(array $listened, bool $isRead): void
    {
        $events = new EventDispatcher();
        $kept = [];

        foreach ($listened as $event) {
            $events->addListener($event, static function (object $event) use (&$kept, $isRead): void {
                self::assertTrue(isset($event->envelope));
                $kept[] = [$event, $isRead ? $event->envelope : null];
            });
        }

        [$connection, $dispatcher] = $this->open($events);

        foreach (['one', 'two', 'three'] as $data) {
            $dispatcher->onMessage($connection, $data, false);
        }

        $dispatcher->onClose($connection, 1000, '');
        self::assertCount(3 * \count($listened), $kept);

        foreach (array_chunk($kept, \count($listened)) as $number => $ofMessage) {
            $envelope = $ofMessage[0][0]->envelope;
            self::assertSame(['one', 'two', 'three'][$number], $envelope->message?->payload);
            self::assertSame([$connection, 'shout', 'message'], [$envelope->connection, $envelope->method?->name, $envelope->event]);

            foreach ($ofMessage as [$event, $read]) {
                self::assertSame($envelope, $event->envelope);
                self::assertSame($isRead ? $envelope : null, $read);

                if ($event instanceof MessageHandled) {
                    self::assertSame(['ONE', 'TWO', 'THREE'][$number], $event->result);
                }
            }
        }
    }

    /**
     * @return iterable<string, array{list<class-string>, bool}>
     */
    public static function listened(): iterable
    {
        foreach (['asked for at once' => true, 'asked for later' => false] as $when => $isRead) {
            yield "both, $when" => [[MessageReceived::class, MessageHandled::class], $isRead];
            yield "the first, $when" => [[MessageReceived::class], $isRead];
            yield "the last, $when" => [[MessageHandled::class], $isRead];
        }
    }

    public function testFailureHasTheEnvelopeOfItsMessage(): void
    {
        $events = new EventDispatcher();
        $seen = [];

        foreach ([MessageReceived::class, MessageFailed::class] as $event) {
            $events->addListener($event, static function (object $event) use (&$seen): void {
                $seen[] = $event;
            });
        }

        [$connection, $dispatcher] = $this->open($events);

        foreach (['throw', 'throw again'] as $data) {
            try {
                $dispatcher->onMessage($connection, $data, false);
                self::fail('It throws.');
            } catch (\DomainException $e) {
                $dispatcher->onError($connection, $e);
            }
        }

        self::assertCount(4, $seen);
        self::assertSame($seen[0]->envelope, $seen[1]->envelope);
        self::assertSame($seen[2]->envelope, $seen[3]->envelope);
        self::assertSame(['throw', 'throw again'], [$seen[0]->envelope->message?->payload, $seen[2]->envelope->message?->payload]);
    }

    public function testScopeSeesTheEnvelopeOfTheEventUntilItIsLeft(): void
    {
        $scope = new class implements LazyScopeInterface {
            public CurrentEvent $current;

            /** @var list<Envelope> */
            public array $asked = [];

            /** @var list<array{Envelope, ?Envelope, bool}> */
            public array $left = [];

            public function follow(CurrentEvent $current): bool
            {
                $this->current = $current;

                return true;
            }

            public function ask(): void
            {
                TestCase::assertTrue(isset($this->current->envelope));
                TestCase::assertSame($this->current->envelope?->session, $this->current->session());
                $this->asked[] = $this->current->envelope;
                $this->current->touched = true;
            }

            public function enter(Envelope $envelope): void
            {
            }

            public function leave(Envelope $envelope, ?\Throwable $error): void
            {
                if ('message' === $envelope->event) {
                    $this->left[] = [$envelope, $this->current->envelope, null !== $error];
                }
            }

            public function identityChanges(Session $session): void
            {
            }
        };

        foreach ([null, new EventDispatcher()] as $events) {
            $events?->addListener(MessageReceived::class, static fn () => null);
            $scope->asked = $scope->left = [];
            [$connection, $dispatcher] = $this->open($events, $scope->ask(...), [$scope]);
            $dispatcher->onMessage($connection, 'nothing', false);
            $dispatcher->onMessage($connection, 'ask', false);
            self::assertNull($scope->current->envelope);
            self::assertFalse(isset($scope->current->envelope));

            try {
                $dispatcher->onMessage($connection, 'throw and ask', false);
                self::fail('It throws.');
            } catch (\DomainException) {
            }

            $dispatcher->onMessage($connection, 'nothing', false);
            self::assertNull($scope->current->session());
            self::assertSame([[$scope->asked[0], null, false], [$scope->asked[1], null, true]], $scope->left);
            self::assertSame(['ask', 'throw and ask'], [$scope->asked[0]->message?->payload, $scope->asked[1]->message?->payload]);
        }
    }

    public function testSuspendedEventKeepsItsFrame(): void
    {
        $current = new CurrentEvent();
        $scopes = new Scopes([], $current);
        $session = $this->session();
        [$current->subject, $current->frame] = [$session, 'mine'];
        $state = $scopes->suspend();
        self::assertNull($current->envelope);

        [$current->subject, $current->frame] = [$session, 'of another'];
        self::assertSame('of another', $current->envelope?->message?->payload);

        $scopes->suspend();
        $scopes->resume($state);
        self::assertSame('mine', $current->envelope?->message?->payload);
    }

    public function testConnectionIsFreedWhenItHasClosed(): void
    {
        $events = new EventDispatcher();
        $events->addListener(MessageReceived::class, static fn () => null);

        foreach ([null, $events] as $listened) {
            [$connection, $dispatcher] = $this->open($listened);
            $dispatcher->onMessage($connection, 'one', false);
            $dispatcher->onClose($connection, 1000, '');
            $closed = \WeakReference::create($connection);
            unset($connection);
            self::assertNull($closed->get());
        }
    }

    public function testThereAreNoOtherProperties(): void
    {
        foreach ([MessageReceived::blank(), MessageHandled::blank(), new CurrentEvent()] as $object) {
            self::assertFalse(isset($object->message));

            try {
                $object->message;
                self::fail('It throws.');
            } catch (\LogicException $e) {
                self::assertStringContainsString('"message"', $e->getMessage());
            }
        }
    }

    /**
     * @param list<LazyScopeInterface> $scopes
     *
     * @return array{FakeConnection, HandlerDispatcher}
     */
    private function open(?EventDispatcher $events, ?\Closure $ask = null, array $scopes = []): array
    {
        $handler = new #[AsWsHandler('/')] class($ask) {
            public function __construct(private readonly ?\Closure $ask)
            {
            }

            #[OnMessage(raw: true)]
            public function shout(Connection $connection, string $data): string
            {
                if (str_ends_with($data, 'ask') && null !== $this->ask) {
                    ($this->ask)();
                }

                return str_starts_with($data, 'throw') ? throw new \DomainException() : strtoupper($data);
            }
        };
        $connection = new FakeConnection();
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: $scopes, events: $events);
        $dispatcher->onOpen($connection);

        return [$connection, $dispatcher];
    }

    private function session(): Session
    {
        $events = new EventDispatcher();
        $session = null;
        $events->addListener(MessageReceived::class, static function (MessageReceived $event) use (&$session): void {
            $session = $event->envelope->session;
        });
        [$connection, $dispatcher] = $this->open($events);
        $dispatcher->onMessage($connection, 'hello', false);
        self::assertInstanceOf(Session::class, $session);

        return $session;
    }
}
