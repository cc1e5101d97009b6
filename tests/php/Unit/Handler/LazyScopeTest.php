<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;
use Ferry\Handler\CurrentEvent;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\LazyScopeInterface;
use Ferry\Handler\Session;
use Ferry\Middleware\Envelope;
use Ferry\Testing\FakeConnection;
use PHPUnit\Framework\TestCase;

final class LazyScopeTest extends TestCase
{
    public function testLazyScopeIsLeftAfterTheMessagesThatHaveAskedForIt(): void
    {
        $scope = $this->scope(true);
        $dispatcher = HandlerDispatcher::of([$this->handler($scope)], enclosing: [$scope]);
        $connection = new FakeConnection();
        $dispatcher->onOpen($connection);

        foreach (['nothing', 'ask', 'nothing'] as $data) {
            $dispatcher->onMessage($connection, $data, false);
        }

        try {
            $dispatcher->onMessage($connection, 'ask and throw', false);
            self::fail('It throws.');
        } catch (\RuntimeException) {
        }

        $dispatcher->onClose($connection, 1000, '');

        self::assertSame([
            'enter open', 'leave open',
            'ask', 'leave message ask',
            'ask', 'leave message ask and throw, thrown',
            'enter close', 'leave close',
        ], $scope->calls);
        self::assertNull($scope->current?->envelope);
    }

    public function testScopeThatCannotBeLazyIsEnteredForEachMessage(): void
    {
        $scope = $this->scope(false);
        $dispatcher = HandlerDispatcher::of([$this->handler($scope)], enclosing: [$scope]);
        $connection = new FakeConnection();
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, 'nothing', false);

        self::assertSame(['enter open', 'leave open', 'enter message', 'leave message nothing'], $scope->calls);
    }

    public function testFrameHasOneMessageInAllCopiesOfItsEnvelope(): void
    {
        $seen = [];
        $handler = new #[AsWsHandler('/')] class($seen) {
            /** @param list<Envelope> $seen */
            public function __construct(private array &$seen)
            {
            }

            #[OnMessage(raw: true)]
            public function take(Envelope $envelope): void
            {
                $copy = $envelope->withoutAll(\Ferry\Middleware\HandledStamp::class);
                $this->seen[] = [$envelope->message, $copy->message, isset($envelope->message), $envelope->message?->payload, $envelope->message?->binary];
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler]);
        $connection = new FakeConnection();
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, 'text', false);
        $dispatcher->onMessage($connection, "\xff", true);

        self::assertSame($seen[0][0], $seen[0][1]);
        self::assertSame([true, 'text', false], \array_slice($seen[0], 2));
        self::assertSame([true, "\xff", true], \array_slice($seen[1], 2));
        self::assertNotSame($seen[0][0], $seen[1][0]);
    }

    private function handler(LazyScopeInterface $scope): object
    {
        return new #[AsWsHandler('/')] class($scope) {
            public function __construct(private readonly LazyScopeInterface $scope)
            {
            }

            #[OnMessage(raw: true)]
            public function take(Connection $connection, string $data): void
            {
                if (str_starts_with($data, 'ask')) {
                    $this->scope->ask();
                }

                if (str_ends_with($data, 'throw')) {
                    throw new \RuntimeException('thrown');
                }
            }
        };
    }

    private function scope(bool $isLazy): LazyScopeInterface
    {
        return new class($isLazy) implements LazyScopeInterface {
            /** @var list<string> */
            public array $calls = [];
            public ?CurrentEvent $current = null;

            public function __construct(private readonly bool $isLazy)
            {
            }

            public function follow(CurrentEvent $current): bool
            {
                $this->current = $current;

                return $this->isLazy;
            }

            public function ask(): void
            {
                $this->calls[] = 'ask';
                \assert(null !== $this->current);
                $this->current->touched = true;
            }

            public function identityChanges(Session $session): void
            {
                $this->calls[] = 'identity';
            }

            public function enter(Envelope $envelope): void
            {
                $this->calls[] = 'enter '.$envelope->event;
            }

            public function leave(Envelope $envelope, ?\Throwable $error): void
            {
                $message = $envelope->message?->payload;
                $this->calls[] = 'leave '.$envelope->event.(null === $message ? '' : ' '.$message).(null === $error ? '' : ', '.$error->getMessage());
            }
        };
    }
}
