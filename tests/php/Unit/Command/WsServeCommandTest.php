<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Command;

use Ferry\Command\WsServeCommand;
use Ferry\Exception\ExtensionMissingException;
use Ferry\ExtensionCheck;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Runner\Progress;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Fixtures\Handler\ChatHandler;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\StubConnection;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Exception\InvalidOptionException;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Tester\CommandCompletionTester;
use Symfony\Component\Console\Tester\CommandTester;

final class WsServeCommandTest extends TestCase
{
    /** @var array<string, mixed> options that the last server got */
    private array $options = [];

    public function testItIsCalledWsServe(): void
    {
        self::assertSame('ws:serve', $this->command(new FakeServer())->getName());
    }

    public function testItSaysWhereItListensAndEndsWithSuccess(): void
    {
        $tester = $this->execute(new FakeServer());

        self::assertSame(Command::SUCCESS, $tester->getStatusCode());
        self::assertStringContainsString('Listening on ws://127.0.0.1:4321', $tester->getDisplay());
        self::assertStringContainsString('Server stopped', $tester->getDisplay());
    }

    public function testItSaysHowConnectionsEnded(): void
    {
        $server = new FakeServer([FakeServer::tick(new Progress(drained: 3, cut: 2))]);

        self::assertStringContainsString('3 connections closed in order, 2 cut.', $this->execute($server)->getDisplay());
        self::assertStringNotContainsString('cut', $this->execute(new FakeServer())->getDisplay());
    }

    public function testItSaysAtTheEndWhatClientsGotWrong(): void
    {
        $connection = new StubConnection('/chat/lobby');
        $play = static function (string ...$messages) use ($connection): string {
            $server = new FakeServer([static function (FakeServer $server) use ($connection, $messages): void {
                ($server->callbacks['open'])($connection);

                foreach ($messages as $message) {
                    ($server->callbacks['message'])($connection, $message, false);
                }
            }]);
            $tester = new CommandTester(new WsServeCommand(new Runner(HandlerDispatcher::of([new ChatHandler()]), serverFactory: static fn (): FakeServer => $server)));
            $tester->execute([]);

            return $tester->getDisplay();
        };

        self::assertStringContainsString('refused: invalid_json 2, invalid_message 1', $play('{"type":"refuse"}', 'no JSON', '{'));
        self::assertStringNotContainsString('refused', $play());
    }

    public function testHostAndPortWinOverTheConfiguration(): void
    {
        $this->execute(new FakeServer(), ['--host' => '0.0.0.0', '--port' => '0']);

        self::assertSame(['host' => '0.0.0.0', 'port' => 0, 'path' => '/ws'], $this->options);
    }

    public function testConfiguredAddressStaysWithoutOptions(): void
    {
        $this->execute(new FakeServer());

        self::assertSame(['port' => 1234, 'path' => '/ws'], $this->options);
    }

    public function testLimitStopsAndIsAnnounced(): void
    {
        $server = new FakeServer(array_fill(0, 5, FakeServer::message()));

        $tester = $this->execute($server, ['--limit' => 2, '--time-limit' => 60]);

        self::assertSame(2, $server->played);
        // Long comments are wrapped at the width of the terminal.
        $display = preg_replace('~\s+(// )?~', ' ', $tester->getDisplay());
        self::assertStringContainsString('once it has handled 2 messages or been running for 60 s', $display);
        self::assertStringContainsString('Server stopped: 2 messages handled.', $tester->getDisplay());
    }

    public function testFailureLimitStopsAndFailuresAreShown(): void
    {
        $server = new FakeServer(array_fill(0, 5, FakeServer::message('throw')));

        $tester = $this->execute($server, ['-f' => '3']);

        self::assertSame(3, $server->played);
        self::assertStringContainsString('DomainException: asked to throw', $tester->getDisplay());
    }

    public function testTimeLimitStops(): void
    {
        $server = new FakeServer(array_fill(0, 3, FakeServer::tick(new Progress(uptime: 60.0))));

        $this->execute($server, ['-t' => '60']);

        self::assertSame(1, $server->played);
    }

    public function testMemoryLimitTakesUnits(): void
    {
        $server = new FakeServer(array_fill(0, 3, FakeServer::message()));
        $this->execute($server, ['-m' => '1K']);
        self::assertSame(1, $server->played);

        $server = new FakeServer(array_fill(0, 3, FakeServer::message()));
        $this->execute($server, ['-m' => '64GB']);
        self::assertSame(3, $server->played);
    }

    public function testWrongOptionsAreRefusedByName(): void
    {
        $wrong = [
            'limit' => ['0', '-1', 'many', '1.5'],
            'failure-limit' => ['0', ''],
            'time-limit' => ['x'],
            'memory-limit' => ['0', '128Q', 'M', '1.5G'],
            'port' => ['65536', '-1', 'http'],
        ];

        foreach ($wrong as $option => $values) {
            foreach ($values as $value) {
                try {
                    $this->execute(new FakeServer(), ['--'.$option => $value]);
                    self::fail(sprintf('--%s=%s was accepted.', $option, $value));
                } catch (InvalidOptionException $e) {
                    self::assertStringContainsString(sprintf('"%s"', $option), $e->getMessage());
                }
            }
        }
    }

    public function testCountsAndSlowHandlersAreShownWithVOnly(): void
    {
        $script = [FakeServer::tick(new Progress(uptime: 1.0, connections: 3, messagesIn: 5, messagesOut: 8, slowCallbacks: 1))];

        $quiet = $this->execute(new FakeServer($script));
        self::assertStringNotContainsString('3 connections', $quiet->getDisplay());

        $verbose = $this->execute(new FakeServer($script), [], OutputInterface::VERBOSITY_VERBOSE);
        self::assertStringContainsString('3 connections, 5 in (5/s), 8 out, 1 slow', $verbose->getDisplay());
    }

    public function testUnchangedCountsAreShownOnce(): void
    {
        $tester = $this->execute(new FakeServer(array_fill(0, 3, FakeServer::tick())), [], OutputInterface::VERBOSITY_VERBOSE);

        self::assertSame(1, substr_count($tester->getDisplay(), '0 connections'));
    }

    public function testSignalStopsGracefullyAndASecondOneEndsAtOnce(): void
    {
        $command = null;
        $answers = [];
        $server = new FakeServer([
            static function () use (&$command, &$answers): void { $answers[] = $command->handleSignal(\SIGTERM); },
            FakeServer::message('not played any more'),
        ]);
        $command = $this->command($server);
        $tester = new CommandTester($command);

        self::assertSame(0, $tester->execute([]));
        self::assertSame([\SIGINT, \SIGTERM, \SIGUSR1], $command->getSubscribedSignals());
        self::assertSame(1, $server->played);
        self::assertStringContainsString('Server stopped: received SIGTERM.', $tester->getDisplay());
        self::assertNotSame(0, $answers[0], 'the command goes on, to close the connections');

        if (null !== $answers[0]) {
            // Up to Symfony 6.2 the command itself exits, which no test survives: tests/php/Process covers it.
            self::assertSame(128 + \SIGTERM, $command->handleSignal(\SIGTERM));
        }
    }

    public function testMissingExtensionIsReportedWithARemedy(): void
    {
        if (ExtensionCheck::isLoaded()) {
            // The report as such is the same; only who finds the extension missing differs.
            $runner = new Runner(new RecordingHandler(), serverFactory: static fn () => throw new ExtensionMissingException('php -d extension=/path/to/ferry.so'));
        } else {
            $runner = new Runner(new RecordingHandler());
        }

        $tester = new CommandTester(new WsServeCommand($runner));

        self::assertSame(Command::FAILURE, $tester->execute([]));
        self::assertStringContainsString('php -d extension=', $tester->getDisplay());
        self::assertStringContainsString(\PHP_VERSION, $tester->getDisplay());
        self::assertStringContainsString('extension_dir', $tester->getDisplay());
    }

    /**
     * @param array<string, mixed> $input
     */
    private function execute(FakeServer $server, array $input = [], int $verbosity = OutputInterface::VERBOSITY_NORMAL): CommandTester
    {
        $tester = new CommandTester($this->command($server));
        $tester->execute($input, ['verbosity' => $verbosity]);

        return $tester;
    }

    public function testRestartSignalTellsClientsToComeBack(): void
    {
        $command = null;
        $server = new FakeServer([static function () use (&$command): void { $command->handleSignal(\SIGUSR1); }]);
        $command = $this->command($server);
        $tester = new CommandTester($command);

        self::assertSame(0, $tester->execute([]));
        self::assertSame(1012, $server->stopCode);
        self::assertStringContainsString('Server stopped: restart.', $tester->getDisplay());
    }

    public function testTheShellCompletesValuesOfOptions(): void
    {
        $tester = new CommandCompletionTester($this->command(new FakeServer()));

        self::assertContains('128M', $tester->complete(['--memory-limit', '']));
        self::assertContains('0.0.0.0', $tester->complete(['--host=']));
        self::assertContains('3600', $tester->complete(['-t', '']));
    }

    private function command(FakeServer $server): WsServeCommand
    {
        return new WsServeCommand(new Runner(new RecordingHandler(), ['port' => 1234, 'path' => '/ws'], serverFactory: function (array $options) use ($server): FakeServer {
            $this->options = $options;

            return $server;
        }));
    }
}
