<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Folder;
use Ferry\Tests\Fixtures\Process;
use Ferry\WsClient;
use PHPUnit\Framework\TestCase;

/**
 * ws:serve --watch with a project that changes.
 */
final class WatchTest extends TestCase
{
    private Folder $project;
    private Process $server;
    private int $starts = 0;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->project = new Folder(['src/answer.php' => "<?php return 'one';"]);
        $this->project->write('console', sprintf(<<<'PHP'
            <?php
            require %s;
            $handler = new class(require __DIR__.'/src/answer.php') extends Ferry\Tests\Fixtures\EchoHandler {
                public function __construct(private string $answer) {}
                public function onOpen(Ferry\Connection $connection): void { $connection->send($this->answer.' '.getmypid()); }
            };
            $application = new Symfony\Component\Console\Application();
            $command = new Ferry\Command\WsServeCommand(new Ferry\Runner($handler, ['port' => 0]), null, __DIR__);
            method_exists($application, 'addCommand') ? $application->addCommand($command) : $application->add($command);
            $application->run();
            PHP, var_export(\dirname(__DIR__).'/bootstrap.php', true)));
    }

    public function testAChangeRestartsTheServerAndClientsAreTold(): void
    {
        $client = $this->serve();
        self::assertStringStartsWith('one ', (string) $client->receive());

        $this->project->write('src/answer.php', "<?php return 'two';");
        self::assertNull($client->receive(20.0));
        self::assertSame(1012, $client->closeCode());
        $this->server->waitFor('~src/answer.php has changed. Restarting.~');
        self::assertStringStartsWith('two ', (string) $this->connect()->receive());

        $this->server->signal(\SIGTERM);
        self::assertSame(0, $this->server->waitForExit(), $this->server->output());
        self::assertStringContainsString('Server stopped: received SIGTERM.', $this->server->output());
    }

    public function testAServerThatCannotStartWaitsForTheNextChange(): void
    {
        $this->serve();
        $this->project->write('src/answer.php', '<?php return 1 +;');
        $this->server->waitFor('/The server has ended with code 255. Waiting for a change./');
        self::assertStringContainsString('PHP Parse error', $this->server->output());

        $this->project->write('src/answer.php', "<?php return 'mended';");

        self::assertStringStartsWith('mended ', (string) $this->connect()->receive());
    }

    public function testAnInterruptOfTheTerminalEndsBoth(): void
    {
        $client = $this->serve();
        $client->receive();

        $this->server->signal(\SIGINT);

        self::assertNull($client->receive(20.0));
        self::assertSame(1001, $client->closeCode());
        self::assertSame(0, $this->server->waitForExit(), $this->server->output());
    }

    public function testAKilledSupervisorTakesTheServerAlong(): void
    {
        $client = $this->serve();
        $pid = (int) substr((string) $client->receive(), 4);
        self::assertNotSame($this->server->id(), $pid);
        self::assertFileExists("/proc/$pid");

        $this->server->signal(\SIGKILL);

        self::assertNull($client->receive(20.0));
        self::assertSame(1001, $client->closeCode());
        // The end of the output, which both have: the server is gone, too.
        self::assertSame(128 + \SIGKILL, $this->server->waitForExit());
    }

    public function testALimitEndsTheWatching(): void
    {
        $client = $this->serve('--limit=1');
        $client->send('the only one');

        self::assertSame(0, $this->server->waitForExit(), $this->server->output());
        self::assertStringContainsString('1 messages handled', $this->server->output());
    }

    private function serve(string ...$options): WsClient
    {
        $this->server = new Process([...Extension::php(), $this->project->path.'/console', 'ws:serve', '--watch', ...$options]);

        return $this->connect();
    }

    /** To the server that has started since the last call. */
    private function connect(): WsClient
    {
        ++$this->starts;
        $match = $this->server->waitFor(sprintf('~(?:Listening on (ws://[\d.:]+).*?){%d}~s', $this->starts));

        return WsClient::connect($match[1]);
    }
}
