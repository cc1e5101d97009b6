<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Process;

use Ferry\Exception\ConnectionException;
use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Laravel\Fixtures\Rung;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use PHPUnit\Framework\TestCase;

/**
 * The commands in processes of their own, with real clients and signals.
 */
final class ArtisanTest extends TestCase
{
    private string $folder;

    /** @var array<string, string> */
    private array $environment;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->folder = TestApplication::folder();
        $this->environment = ['FERRY_TEST_FOLDER' => $this->folder];
    }

    public function testItServesAndStopsOnSignals(): void
    {
        [$server, $address] = $this->serve();
        $client = TestClient::connect($address.'/rooms/deck', ['Authorization' => 'Bearer alice-token']);
        $client->assertReceivedJson(['type' => 'welcome', 'user' => 'Alice']);
        $client->sendJson(['type' => 'say', 'data' => ['text' => 'ahoy']])->assertReceivedJson(['type' => 'said', 'by' => 'Alice']);

        $server->signal(\SIGTERM);

        $client->assertClosed(1001);
        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertStringContainsString('received SIGTERM', $server->output());
    }

    public function testLimitStopsIt(): void
    {
        [$server, $address] = $this->serve('--limit=1');
        $client = TestClient::connect($address.'/rooms/deck', ['Authorization' => 'Bearer bob-token']);
        $client->sendJson(['type' => 'state'])->assertReceivedJson(['user' => 'Bob']);

        $client->assertClosed(1001);
        self::assertSame(0, $server->waitForExit(), $server->output());
        self::assertStringContainsString('1 messages handled', $server->output());
    }

    public function testRestartStopsServersThatShareTheCache(): void
    {
        [$first] = $this->serve();
        [$second] = $this->serve();

        self::assertStringContainsString('restart signal', $this->artisan('ws:restart'));

        foreach ([$first, $second] as $server) {
            self::assertSame(0, $server->waitForExit(), $server->output());
            self::assertStringContainsString('restart requested', $server->output());
        }

        // The signal of before is none for a server that starts now.
        [$third, $address] = $this->serve('--time-limit=2');
        TestClient::connect($address.'/rooms/deck')->assertReceivedJson(['type' => 'welcome']);
        self::assertSame(0, $third->waitForExit(), $third->output());
        self::assertStringContainsString('time limit', $third->output());
    }

    public function testTicketOfAnotherProcessLetsInOnce(): void
    {
        [$server, $address] = $this->serve();
        $ticket = trim($this->artisan('ws:ticket', '2'));
        $url = $address.'/rooms/deck?ticket='.$ticket;

        TestClient::connect($url)->assertReceivedJson(['type' => 'welcome', 'user' => 'Bob']);

        try {
            TestClient::connect($url);
            self::fail('The ticket let in twice.');
        } catch (ConnectionException $e) {
            self::assertSame(401, $e->getCode());
        }

        foreach ([['99'], ['1', '--ttl=0'], ['1', '--ttl=x'], ['1', '--guard=custom']] as $arguments) {
            $process = new Process([...Extension::php(), $this->console(), 'ws:ticket', ...$arguments, '--no-ansi'], $this->environment);
            self::assertSame(1, $process->waitForExit(), $process->output());
        }
    }

    public function testEventIsPublishedFromAnotherProcess(): void
    {
        $this->environment['FERRY_TEST_DSN'] = 'unix://'.$this->folder.'/ws.sock';
        [$server, $address] = $this->serve();
        $alice = TestClient::connect($address.'/rooms/deck', ['Authorization' => 'Bearer alice-token']);
        $alice->assertReceivedJson(['type' => 'welcome']);
        $guest = TestClient::connect($address.'/rooms/deck');
        $guest->assertReceivedJson(['type' => 'welcome']);

        self::assertStringContainsString('2 connections got it', $this->artisan('ws:publish', 'bell', '{"strokes":8}', '--room=deck'));
        $alice->assertReceivedJson(['type' => 'bell', 'data' => ['strokes' => 8], 'room' => 'deck']);
        $guest->assertReceivedJson(['type' => 'bell']);

        self::assertStringContainsString('1 connection got it', $this->artisan('ws:publish', 'whisper', '--user=1'));
        $alice->assertReceivedJson(['type' => 'whisper']);
        $guest->assertNothingReceived();

        $status = json_decode($this->artisan('ws:status', '--json'), true, 512, \JSON_THROW_ON_ERROR);
        self::assertSame(2, $status['connections'] ?? null, json_encode($status, \JSON_THROW_ON_ERROR));
        self::assertStringContainsString('onnections', $this->artisan('ws:status'));
    }

    public function testABroadcastEventReachesPlainClients(): void
    {
        $this->environment['FERRY_TEST_DSN'] = 'unix://'.$this->folder.'/ws.sock';
        [$server, $address] = $this->serve();
        $clients = [
            TestClient::connect($address.'/rooms/deck', ['Authorization' => 'Bearer alice-token']),
            TestClient::connect($address.'/rooms/deck'),
        ];

        foreach ($clients as $client) {
            $client->assertReceivedJson(['type' => 'welcome']);
        }

        $this->artisan('test:ring', 'elsewhere', '1');
        $this->artisan('test:ring', 'deck', '8');

        foreach ($clients as $client) {
            $event = ['type' => Rung::class, 'data' => ['channel' => 'deck', 'strokes' => 8], 'room' => 'deck'];
            self::assertSame($event, $client->assertReceivedJson($event));
            $client->assertNothingReceived();
        }
    }

    public function testWatchedServerStartsAnewWhenCodeChanges(): void
    {
        $file = $this->folder.'/Chat.php';
        file_put_contents($file, '<?php // one');
        [$server, $address] = $this->serve('--watch');
        $client = TestClient::connect($address.'/rooms/deck');
        $client->assertReceivedJson(['type' => 'welcome']);

        file_put_contents($file, '<?php // another');

        $client->assertClosed(1012, timeout: 30);
        $server->waitFor('~Listening on .*Listening on \[?ws://~s');
        $server->signal(\SIGTERM);
        self::assertSame(0, $server->waitForExit(), $server->output());
    }

    public function testWrongOptionIsRefusedWithItsName(): void
    {
        $process = new Process([...Extension::php(), $this->console(), 'ws:serve', '--port=x', '--no-ansi'], $this->environment);

        self::assertNotSame(0, $process->waitForExit());
        self::assertStringContainsString('"port"', $process->output());
    }

    /**
     * @return array{Process, string} the server and its address
     */
    private function serve(string ...$options): array
    {
        $server = new Process([...Extension::php(), $this->console(), 'ws:serve', '--no-ansi', ...$options], $this->environment);

        return [$server, $server->waitFor('~Listening on \[?(ws://[\d.:]+\d)~')[1]];
    }

    private function artisan(string ...$arguments): string
    {
        $process = new Process([...Extension::php(), $this->console(), '--no-ansi', ...$arguments], $this->environment);
        self::assertSame(0, $process->waitForExit(), $process->output());

        return $process->output();
    }

    private function console(): string
    {
        return \dirname(__DIR__).'/Fixtures/app/artisan.php';
    }
}
