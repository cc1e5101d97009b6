<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit;

use Ferry\HandlerInterface;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\RecordingListener;
use PHPUnit\Framework\TestCase;

final class RunnerTest extends TestCase
{
    public function testEventsReachTheHandlerInOrder(): void
    {
        $handler = new RecordingHandler();
        $server = new FakeServer([
            FakeServer::event('handshake'),
            FakeServer::event('open'),
            FakeServer::message('hello'),
            FakeServer::event('close', 1000, 'bye'),
        ]);

        $this->runner($handler, $server)->run();

        self::assertSame([['handshake'], ['open'], ['message', 'hello', false], ['close', 1000, 'bye']], $handler->calls);
        self::assertSame(418, $server->returned[0], 'the decision about a handshake is passed on');
        self::assertSame($handler, $server->introducedTo);
    }

    public function testHandlerWithoutHandshakeLeavesTheDecisionToTheServer(): void
    {
        $server = new FakeServer();
        $handler = $this->createStub(HandlerInterface::class);

        $this->runner($handler, $server)->run();

        self::assertArrayNotHasKey('handshake', $server->callbacks);
    }

    public function testListenersSeeTheLifeOfAServer(): void
    {
        $listener = new RecordingListener();
        $server = new FakeServer([
            FakeServer::event('open'),
            FakeServer::message('throw'),
            FakeServer::tick(new Progress(connections: 7)),
        ]);

        $this->runner(new RecordingHandler(), $server)->run([], [$listener]);

        self::assertSame([
            ['started', 'ws://127.0.0.1:4321'],
            ['handled', 'open'],
            ['handled', 'message'],
            ['failed', 'asked to throw'],
            ['ticked', 7],
            ['stopped', null],
        ], $listener->calls);
    }

    public function testThrowableGoesToTheHandlerAndServingGoesOn(): void
    {
        $handler = new RecordingHandler();

        $this->runner($handler, new FakeServer([FakeServer::message('throw'), FakeServer::message('next')]))->run();

        self::assertSame([['message', 'throw', false], ['error', 'asked to throw'], ['message', 'next', false]], $handler->calls);
    }

    public function testOptionsOfTheRunWin(): void
    {
        $options = null;
        $runner = new Runner(new RecordingHandler(), ['host' => 'localhost', 'port' => 1], serverFactory: function (array $given) use (&$options): FakeServer {
            $options = $given;

            return new FakeServer();
        });

        $runner->run(['port' => 2]);

        self::assertSame(['port' => 2, 'host' => 'localhost'], $options);
    }

    public function testStopInsideAnEventStopsTheServerWithTheGrace(): void
    {
        $server = new FakeServer([FakeServer::message(), FakeServer::message()]);
        $listener = new RecordingListener();
        $stopper = new class extends Listener {
            public function handled(Runner $runner, string $event, float $seconds): void
            {
                $runner->stop('enough');
                $runner->stop('a later reason');
            }
        };

        (new Runner(new RecordingHandler(), grace: 2.5, serverFactory: static fn (): FakeServer => $server))->run([], [$stopper, $listener]);

        self::assertSame([2.5], $server->stops);
        self::assertSame(1, $server->played);
        self::assertSame(['stopped', 'enough'], $listener->calls[array_key_last($listener->calls)]);
    }

    public function testListenerThatThrowsKeepsNoOtherFromItsWorkAndNoServerFromStopping(): void
    {
        $thrower = new class extends Listener {
            public function watchesTime(): bool
            {
                return false;
            }

            public function handled(Runner $runner, string $event, float $seconds): void
            {
                throw new \DomainException('a bad listener');
            }

            public function stopping(Runner $runner, string $reason): void
            {
                throw new \DomainException('a bad listener');
            }
        };

        foreach ([true, false] as $timed) {
            $listener = new class($timed) extends Listener {
                /** @var list<string> */
                public array $calls = [];

                public function __construct(private readonly bool $timed)
                {
                }

                public function watchesTime(): bool
                {
                    return $this->timed;
                }

                public function handled(Runner $runner, string $event, float $seconds): void
                {
                    $this->calls[] = 'handled';
                }

                public function stopping(Runner $runner, string $reason): void
                {
                    $this->calls[] = 'stopping';
                }
            };
            $handler = new RecordingHandler();
            $runner = null;
            $server = new FakeServer([FakeServer::message(), static function () use (&$runner): void {
                try {
                    $runner?->stop('enough');
                } catch (\DomainException) {
                }
            }]);
            $runner = $this->runner($handler, $server);
            $runner->run([], [$thrower, $listener]);

            self::assertSame(['handled', 'stopping'], $listener->calls, $timed ? 'timed' : 'not timed');
            self::assertContains(['error', 'a bad listener'], $handler->calls);
            self::assertCount(1, $server->stops);
        }
    }

    public function testStopBeforeRunStopsAtOnceAndOnlyThatRun(): void
    {
        $servers = [new FakeServer([FakeServer::message()]), new FakeServer([FakeServer::message()])];
        $next = 0;
        $handler = new RecordingHandler();
        $runner = new Runner($handler, serverFactory: static function () use ($servers, &$next): FakeServer {
            return $servers[$next++];
        });

        $runner->stop('signal while booting');
        $runner->run();
        self::assertSame([], $handler->calls);

        $runner->run();
        self::assertCount(1, $handler->calls);
    }

    public function testSlowHandlerIsReported(): void
    {
        $listener = new RecordingListener();
        $handler = new class implements HandlerInterface {
            public function onOpen(mixed $connection): void
            {
                $until = hrtime(true) + 2_000_000;
                while (hrtime(true) < $until) {
                }
            }

            public function onMessage(mixed $connection, string $data, bool $binary): void
            {
            }

            public function onClose(mixed $connection, int $code, string $reason): void
            {
            }

            public function onError(mixed $connection, \Throwable $error): void
            {
            }
        };
        $this->runner($handler, new FakeServer([FakeServer::event('open')]))->run(['slow_ms' => 1], [$listener]);

        self::assertContains(['slow', 'open'], $listener->calls);
    }

    public function testSlowReportsAreOffWithZero(): void
    {
        $listener = new RecordingListener();

        $this->runner(new RecordingHandler(), new FakeServer([FakeServer::message()]))->run(['slow_ms' => 0], [$listener]);

        self::assertNotContains(['slow', 'message'], $listener->calls);
    }

    public function testMessagesAreTimedOnlyForThoseWhoWantTheTime(): void
    {
        $untimed = new class extends Listener {
            /** @var list<float> */
            public array $seconds = [];

            public function watchesTime(): bool
            {
                return false;
            }

            public function handled(Runner $runner, string $event, float $seconds): void
            {
                $this->seconds[] = $seconds;
            }
        };
        $timed = new RecordingListener();
        $failing = static fn (): FakeServer => new FakeServer([FakeServer::message(), FakeServer::message('throw')]);

        $this->runner(new RecordingHandler(), $failing())->run([], [$untimed]);
        self::assertSame([0.0, 0.0], $untimed->seconds, 'also after a failure');

        $untimed->seconds = [];
        $this->runner(new RecordingHandler(), $failing())->run([], [$untimed, $timed]);
        self::assertGreaterThan(0.0, min($untimed->seconds));
        self::assertFalse((new class extends Listener {})->watchesEvents(), 'and nothing is added to a call when nobody watches');
    }

    public function testRunInsideRunIsRefused(): void
    {
        $nested = new class extends Listener {
            public ?\LogicException $refused = null;

            public function started(Runner $runner, string $address): void
            {
                try {
                    $runner->run();
                } catch (\LogicException $e) {
                    $this->refused = $e;
                }
            }
        };

        $this->runner(new RecordingHandler(), new FakeServer())->run([], [$nested]);

        self::assertNotNull($nested->refused);
    }

    private function runner(HandlerInterface $handler, FakeServer $server): Runner
    {
        return new Runner($handler, serverFactory: static fn (): FakeServer => $server);
    }
}
