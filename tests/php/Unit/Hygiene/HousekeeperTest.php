<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Hygiene;

use Ferry\Hygiene\AfterEventInterface;
use Ferry\Hygiene\BeforeEventInterface;
use Ferry\Hygiene\Housekeeper;
use Ferry\Hygiene\ServiceReset;
use Ferry\Runner;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\RecordingLogger;
use PHPUnit\Framework\TestCase;

final class HousekeeperTest extends TestCase
{
    /** @var list<string> */
    private array $done = [];

    public function testChoresAreDoneInOrderAroundEachEvent(): void
    {
        $chores = [$this->before('first'), $this->after('second'), $this->before('third'), $this->after('fourth')];
        $this->serve([FakeServer::message('a'), FakeServer::message('throw')], new Housekeeper($chores));

        self::assertSame(['first', 'third', 'second', 'fourth', 'first', 'third', 'second', 'fourth'], $this->done);
    }

    public function testChoresBeforeAnEventComeBeforeTheHandler(): void
    {
        $handler = new RecordingHandler();
        $calls = [];
        $chore = new class($handler, $calls) implements BeforeEventInterface {
            public function __construct(private readonly RecordingHandler $handler, private array &$calls)
            {
            }

            public function beforeEvent(float $now): void
            {
                $this->calls[] = \count($this->handler->calls);
            }
        };
        $server = new FakeServer([FakeServer::message(), FakeServer::message()]);
        (new Runner($handler, [], [new Housekeeper([$chore])], serverFactory: static fn () => $server))->run();

        self::assertSame([0, 1], $calls);
    }

    public function testChoresOfABatchAreDoneOnceAtItsEnd(): void
    {
        $three = [FakeServer::message('a'), FakeServer::message('b'), FakeServer::message('c')];
        $housekeeper = new Housekeeper([$this->after('event')], [$this->after('batch')]);
        $this->serve([...$three, FakeServer::timers(), FakeServer::message('d'), FakeServer::timers(), FakeServer::timers()], $housekeeper);

        self::assertSame(['event', 'event', 'event', 'batch', 'event', 'batch'], $this->done);
    }

    public function testChoresOfTheLastBatchAreDoneWhenTheServerStopsInIt(): void
    {
        $housekeeper = new Housekeeper([], [$this->after('batch')]);
        $this->serve([FakeServer::message()], $housekeeper);
        self::assertSame(['batch'], $this->done);

        // The next run is not taken for the same batch.
        $this->serve([FakeServer::message()], $housekeeper);
        self::assertSame(['batch', 'batch'], $this->done);
    }

    public function testChoreThatFailsIsLoggedAndTheOthersAreDone(): void
    {
        $logger = new RecordingLogger();
        $failing = new ServiceReset(static fn () => throw new \RuntimeException('stuck'));
        $handler = $this->serve([FakeServer::message('a'), FakeServer::message('b')], new Housekeeper([$failing, $this->after('next')], [], $logger));

        self::assertSame(['next', 'next'], $this->done);
        self::assertSame([['message', 'a', false], ['message', 'b', false]], $handler->calls, 'the handler hears nothing of it');
        self::assertCount(2, $logger->records);
        self::assertSame(['error', 'stuck', ServiceReset::class], [$logger->records[0][0], $logger->records[0][2]['message'], $logger->records[0][2]['chore']]);
    }

    /**
     * @param list<\Closure> $script
     */
    private function serve(array $script, Housekeeper $housekeeper): RecordingHandler
    {
        $handler = new RecordingHandler();
        (new Runner($handler, [], [$housekeeper], serverFactory: static fn () => new FakeServer($script)))->run();
        $handler->calls = array_values(array_filter($handler->calls, static fn (array $call): bool => 'error' !== $call[0]));

        return $handler;
    }

    private function before(string $name): BeforeEventInterface
    {
        return new class(fn () => $this->done[] = $name) implements BeforeEventInterface {
            public function __construct(private readonly \Closure $do)
            {
            }

            public function beforeEvent(float $now): void
            {
                ($this->do)();
            }
        };
    }

    private function after(string $name): AfterEventInterface
    {
        return new ServiceReset(fn () => $this->done[] = $name);
    }
}
