<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnOpen;
use Ferry\Exception\ExceptionInterface;
use Ferry\Handler\CurrentServer;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\NativeServer;
use Ferry\Runner\Progress;
use Ferry\Tests\Fixtures\EchoHandler;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\RecordingListener;
use Ferry\WsClient;
use Ferry\WsServer;
use PHPUnit\Framework\TestCase;

/**
 * The Runner with the real server, in the process of the test.
 */
final class RunnerTest extends TestCase
{
    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    public function testItServesAndStopsFromAListener(): void
    {
        $client = null;
        $listener = new RecordingListener();
        $script = $this->listener(
            started: static function (Runner $runner, string $address) use (&$client): void {
                $client = WsClient::connect($address.'/');
                $client->send('hi');
            },
            handled: static fn (Runner $runner, string $event) => 'message' === $event && $runner->stop('seen'),
        );

        $this->runner()->run(['port' => 0], [$script, $listener]);

        self::assertSame(['hello stranger', 'hi', null], [$client->receive(), $client->receive(), $client->receive()]);
        self::assertSame(1001, $client->closeCode());
        self::assertSame(['handled', 'open'], $listener->calls[1]);
        self::assertSame(['handled', 'message'], $listener->calls[2]);
        self::assertSame(['stopped', 'seen'], $listener->calls[array_key_last($listener->calls)]);
    }

    public function testTheServerIsForgottenWhenItHasEnded(): void
    {
        $current = new CurrentServer();
        $during = null;
        $stop = static function (Runner $runner) use ($current, &$during): void {
            $during = $current->isRunning();
            $runner->stop();
        };
        $handler = new #[AsWsHandler('/')] class {
            #[OnOpen]
            public function open(): void
            {
            }
        };
        $runner = new Runner(HandlerDispatcher::of([$handler], server: $current));

        $runner->run(['port' => 0], [$this->listener(started: $stop)]);
        self::assertSame([true, false], [$during, $current->isRunning()]);

        try {
            // An address that no machine has (RFC 5737).
            $runner->run(['host' => '203.0.113.1', 'port' => 0]);
            self::fail('It listens.');
        } catch (ExceptionInterface) {
            self::assertFalse($current->isRunning(), 'after a run that failed');
        }
    }

    public function testStopBeforeRunServesNobody(): void
    {
        $runner = $this->runner();
        $listener = new RecordingListener();
        $runner->stop('signal while booting');

        $runner->run(['port' => 0], [$listener]);

        self::assertSame([['stopped', 'signal while booting']], $listener->calls);
    }

    public function testOneRunnerServesSeveralTimes(): void
    {
        $runner = $this->runner();
        $stop = $this->listener(started: static fn (Runner $runner) => $runner->stop('enough'));

        for ($i = 0; $i < 3; ++$i) {
            $listener = new RecordingListener();
            $runner->run(['port' => 0], [$stop, $listener]);
            self::assertSame(['stopped', 'enough'], $listener->calls[array_key_last($listener->calls)]);
        }
    }

    public function testTicksCarryTheRealCounts(): void
    {
        $client = null;
        $seen = null;
        $script = $this->listener(
            started: static function (Runner $runner, string $address) use (&$client): void {
                $client = WsClient::connect($address.'/');
                $client->send('hi');
            },
            ticked: static function (Runner $runner, Progress $progress) use (&$seen): void {
                $seen = $progress;
                $runner->stop();
            },
        );

        $this->runner()->run(['port' => 0], [$script]);

        self::assertSame([1, 1, 2], [$seen->connections, $seen->messagesIn, $seen->messagesOut]);
        self::assertGreaterThan(0.5, $seen->uptime);
    }

    public function testHandlerGetsTheServer(): void
    {
        $handler = new EchoHandler();

        (new NativeServer(['port' => 0]))->introduceTo($handler);

        self::assertInstanceOf(WsServer::class, $handler->server);
    }

    public function testWrongOptionIsRefusedBeforeItListens(): void
    {
        $this->expectException(ExceptionInterface::class);
        $this->expectExceptionMessage('no_such_option');

        $this->runner()->run(['no_such_option' => 1]);
    }

    public function testRunnerIsFreeAgainAfterAFailure(): void
    {
        $runner = $this->runner();

        try {
            $runner->run(['no_such_option' => 1]);
            self::fail('The option was accepted.');
        } catch (ExceptionInterface) {
        }

        $listener = new RecordingListener();
        $runner->run(['port' => 0], [$this->listener(started: static fn (Runner $runner) => $runner->stop()), $listener]);
        self::assertSame(['stopped', ''], $listener->calls[array_key_last($listener->calls)]);
    }

    private function runner(): Runner
    {
        return new Runner(new EchoHandler(), grace: 0.2);
    }

    private function listener(?\Closure $started = null, ?\Closure $handled = null, ?\Closure $ticked = null): Listener
    {
        return new class($started, $handled, $ticked) extends Listener {
            public function __construct(private readonly ?\Closure $started, private readonly ?\Closure $handled, private readonly ?\Closure $ticked)
            {
            }

            public function started(Runner $runner, string $address): void
            {
                $this->started?->__invoke($runner, $address);
            }

            public function handled(Runner $runner, string $event, float $seconds): void
            {
                $this->handled?->__invoke($runner, $event);
            }

            public function ticked(Runner $runner, Progress $progress): void
            {
                $this->ticked?->__invoke($runner, $progress);
            }
        };
    }
}
