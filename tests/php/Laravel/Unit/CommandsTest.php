<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\FerryServiceProvider;
use Ferry\Bridge\Laravel\RestartListener;
use Ferry\Bridge\Laravel\RestartSignal;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Hygiene\Housekeeper;
use Ferry\Hygiene\ServiceReset;
use Ferry\Runner;
use Ferry\Runner\Progress;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\RecordingLogger;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Contracts\Cache\Factory;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Foundation\Application;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Output\BufferedOutput;

/**
 * The commands, without the extension.
 */
final class CommandsTest extends TestCase
{
    private Application $app;
    private string $project;

    protected function setUp(): void
    {
        $this->project = TestApplication::folder();
        mkdir($this->project.'/config');
        mkdir($this->project.'/routes');
        mkdir($this->project.'/app');
        file_put_contents($this->project.'/composer.json', '{"autoload":{"psr-4":{"App\\\\":"app/"}}}');
        $this->app = TestApplication::boot();
        $this->app->setBasePath($this->project);
        $this->app->useEnvironmentPath($this->project);
        $this->app->useStoragePath($this->project.'/storage');
        // Where to publish to was asked for when the application was elsewhere.
        $this->app->register(FerryServiceProvider::class, true);
    }

    public function testInstallPublishesAndAddsWhatIsMissing(): void
    {
        file_put_contents($this->project.'/.env', "APP_NAME=Test\nWS_PORT=9999");

        self::assertSame(0, $this->artisan('ws:install'));

        self::assertFileEquals(\dirname(__DIR__, 4).'/php/Bridge/Laravel/config/ws.php', $this->project.'/config/ws.php');
        self::assertStringContainsString('Ws::handler', (string) file_get_contents($this->project.'/routes/ws.php'));
        $env = (string) file_get_contents($this->project.'/.env');
        self::assertSame(1, preg_match_all('/^WS_PORT=/m', $env));
        self::assertMatchesRegularExpression('/^WS_SERVER_PORT=8080$/m', $env);
        self::assertStringContainsString('FERRY_DSN=unix://'.$this->project."/storage/framework/ws.sock\n", $env);
        self::assertMatchesRegularExpression('/^FERRY_SECRET=[0-9a-f]{64}$/m', $env);

        // Once more: nothing of the user's is lost.
        file_put_contents($this->project.'/routes/ws.php', '<?php // mine');
        self::assertSame(0, $this->artisan('ws:install'));
        self::assertSame($env, file_get_contents($this->project.'/.env'));
        self::assertSame('<?php // mine', file_get_contents($this->project.'/routes/ws.php'));
        self::assertSame(0, $this->artisan('ws:install', ['--force' => true]));
        self::assertStringContainsString('Ws::handler', (string) file_get_contents($this->project.'/routes/ws.php'));
    }

    public function testHandlerIsMadeAndIsValidPhp(): void
    {
        self::assertSame(0, $this->artisan('make:ws-handler', ['name' => 'Chat']));

        $file = $this->project.'/app/WebSockets/Chat.php';
        exec(escapeshellarg(\PHP_BINARY).' -n -l '.escapeshellarg($file), $output, $status);
        self::assertSame(0, $status, implode("\n", $output));
        $class = (string) file_get_contents($file);
        self::assertStringContainsString('namespace App\WebSockets;', $class);
        self::assertStringContainsString('class Chat', $class);
        self::assertStringContainsString("#[OnMessage('message')]", $class);
    }

    public function testRestartStopsTheServersThatRunAndNotLaterOnes(): void
    {
        $signal = $this->app->make(RestartSignal::class);
        $signal->send();
        $running = new RestartListener($signal, new RecordingLogger());
        $reason = null;
        $server = new FakeServer();
        $runner = new Runner(new RecordingHandler(), [], [], 0.0, static fn (): FakeServer => $server);
        $running->started($runner, '');
        $running->ticked($runner, new Progress());
        self::assertNull($this->stopReason($runner));

        self::assertSame(0, $this->artisan('ws:restart'));
        $running->ticked($runner, new Progress());

        self::assertSame('restart requested', $this->stopReason($runner));
    }

    public function testCacheThatIsDownStopsNothingAndIsLoggedOnce(): void
    {
        $cache = new class implements Factory {
            public function store($name = null): never
            {
                throw new \RuntimeException('cache is down');
            }
        };
        $logger = new RecordingLogger();
        $runner = new Runner(new RecordingHandler());
        $listener = new RestartListener(new RestartSignal($cache), $logger);

        $listener->started($runner, '');
        $listener->ticked($runner, new Progress());
        $listener->ticked($runner, new Progress());

        self::assertNull($this->stopReason($runner));
        self::assertCount(1, $logger->records);
    }

    public function testServeHasTheOptionsOfFerrysOwn(): void
    {
        $definition = $this->app->make(Kernel::class)->all()['ws:serve']->getDefinition();

        foreach (['host', 'port', 'limit', 'failure-limit', 'memory-limit', 'time-limit', 'no-reset', 'watch'] as $option) {
            self::assertTrue($definition->hasOption($option), $option);
        }
    }

    public function testApplicationIsNotCleanedWithNoReset(): void
    {
        $resets = 0;
        $housekeeper = new Housekeeper([new ServiceReset(static function () use (&$resets): void { ++$resets; })]);
        $this->app->bind(Runner::class, static fn (): Runner => new Runner(new RecordingHandler(), [], [$housekeeper], serverFactory: static fn (): FakeServer => new FakeServer([FakeServer::message()])));
        $signals = \function_exists('pcntl_signal_get_handler') ? [\SIGINT, \SIGTERM, \SIGUSR1] : [];
        $handlers = array_map(static fn (int $signal): mixed => pcntl_signal_get_handler($signal), $signals);

        try {
            self::assertSame(0, $this->artisan('ws:serve', ['--no-reset' => true]));
            self::assertSame(0, $resets);
            self::assertSame(0, $this->artisan('ws:serve'));
            self::assertSame(1, $resets);
        } finally {
            array_map(static fn (int $signal, mixed $handler): bool => pcntl_signal($signal, $handler), $signals, $handlers);
        }
    }

    /**
     * @param array<string, mixed> $arguments
     */
    private function artisan(string $command, array $arguments = []): int
    {
        return $this->app->make(Kernel::class)->call($command, $arguments, new BufferedOutput());
    }

    public function testServingNothingSaysWhatToDo(): void
    {
        $this->expectException(InvalidHandlerException::class);
        $this->expectExceptionMessage("Ws::handler('/chat/{room}'");

        $this->app->make(Runner::class);
    }

    private function stopReason(Runner $runner): ?string
    {
        return (fn (): ?string => $this->stopReason)->call($runner);
    }
}
