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

    public function testServicesAreNotResetWhereThatIsSaid(): void
    {
        $clear = new class(fn () => $this->done[] = 'clear') implements AfterEventInterface {
            public function __construct(private readonly \Closure $do)
            {
            }

            public function afterEvent(): void
            {
                ($this->do)();
            }
        };
        $housekeeper = new Housekeeper([$this->after('reset'), $clear], [$this->after('reset batch')]);
        $housekeeper->resetServices(false);
        $this->serve([FakeServer::message(), FakeServer::timers()], $housekeeper);
        self::assertSame(['clear'], $this->done);

        $housekeeper->resetServices(true);
        $this->serve([FakeServer::message(), FakeServer::timers()], $housekeeper);
        self::assertSame(['clear', 'reset', 'clear', 'reset batch'], $this->done);
    }

    public function testChoresWaitUntilNoHandlerIsSuspended(): void
    {
        $housekeeper = new Housekeeper([$this->before('before'), $this->after('after')]);
        $runner = $this->withFibers($housekeeper);

        $housekeeper->handling($runner, 'message');
        $housekeeper->handling($runner, 'message');
        $housekeeper->handled($runner, 'message', 0.0);
        self::assertSame(['before'], $this->done, 'the first one may be suspended');

        $housekeeper->handled($runner, 'message', 0.0);
        self::assertSame(['before', 'after'], $this->done);
    }

    public function testNewEventsAreHeldBackWhenItIsNeverQuiet(): void
    {
        $waiting = 0;
        $housekeeper = null;
        $pause = function () use (&$housekeeper, &$runner, &$waiting): void {
            ++$waiting;
            // The handler that was suspended ends meanwhile.
            $housekeeper->handled($runner, 'message', 0.0);
        };
        $housekeeper = new Housekeeper([$this->after('after')], pause: $pause);
        $runner = $this->withFibers($housekeeper);
        $housekeeper->handling($runner, 'message');

        for ($event = 0; $event < 100; ++$event) {
            $housekeeper->handling($runner, 'message');
            $housekeeper->handled($runner, 'message', 0.0);
        }

        self::assertSame([[], 0], [$this->done, $waiting]);
        $housekeeper->handling($runner, 'message');
        self::assertSame([['after'], 1], [$this->done, $waiting]);
    }

    public function testHandlerThatTakesLongDoesNotHoldOthersBackForEver(): void
    {
        $logger = new RecordingLogger();
        $waiting = 0;
        $housekeeper = new Housekeeper([$this->after('after')], [], $logger, static function () use (&$waiting): void {
            ++$waiting;
            usleep(100_000);
        });
        $runner = $this->withFibers($housekeeper);
        $housekeeper->handling($runner, 'message');

        for ($event = 0; $event < 200; ++$event) {
            $housekeeper->handling($runner, 'message');
            $housekeeper->handled($runner, 'message', 0.0);
        }

        // Once, after 100 events, for a second; then not before another hundred.
        self::assertGreaterThan(0, $waiting);
        self::assertLessThanOrEqual(10, $waiting);
        self::assertSame([], $this->done);
        self::assertCount(1, $logger->records);
    }

    private function withFibers(Housekeeper $housekeeper): Runner
    {
        $runner = new Runner(new RecordingHandler(), ['fibers' => true], [$housekeeper], serverFactory: static fn () => new FakeServer([]));
        $runner->run();
        self::assertTrue($housekeeper->watchesBeginnings($runner));

        return $runner;
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
