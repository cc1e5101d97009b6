<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Process;

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\PublisherInterface;
use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Fixtures\RedisServer;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Broadcasting\BroadcastServiceProvider;
use Illuminate\Broadcasting\Channel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;
use PHPUnit\Framework\TestCase;

/**
 * An application with a DSN of Redis: ws:serve in processes of its own, and the facade here.
 */
final class RedisPublishTest extends TestCase
{
    private RedisServer $redis;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->redis = new RedisServer();
    }

    public function testWhatAControllerPublishesReachesTheClientsOfAllServers(): void
    {
        [$one, $alice] = $this->serve('alice-token');
        [$two, $bob] = $this->serve('bob-token');
        $app = $this->boot(['broadcasting.default' => 'ferry']);

        self::assertSame(2, Ws::publish('deck', 'bell', ['strokes' => 8]));
        self::assertSame(1, Ws::toUser(2, 'whisper'));
        self::assertCount(2, $app->make(PublisherInterface::class)->connections('deck'));
        $app->register(BroadcastServiceProvider::class);
        $app->make(BroadcastManager::class)->queue(new class implements ShouldBroadcastNow {
            public int $order = 7;

            /**
             * @return list<Channel>
             */
            public function broadcastOn(): array
            {
                return [new Channel('deck')];
            }

            public function broadcastAs(): string
            {
                return 'order.shipped';
            }
        });

        $alice->assertReceivedJson(['type' => 'bell', 'data' => ['strokes' => 8], 'room' => 'deck']);
        $bob->assertReceivedJson(['type' => 'bell', 'data' => ['strokes' => 8], 'room' => 'deck']);
        $bob->assertReceivedJson(['type' => 'whisper']);

        foreach ([$alice, $bob] as $client) {
            $client->assertReceivedJson(['type' => 'order.shipped', 'data' => ['order' => 7], 'room' => 'deck']);
        }

        self::assertSame(1, Ws::disconnectUser(1));
        $alice->assertClosed(4401);

        foreach ([$one, $two] as $server) {
            $server->signal(\SIGTERM);
            self::assertSame(0, $server->waitForExit(), $server->output());
        }
    }

    public function testWithoutAServerThePublisherSaysSo(): void
    {
        $this->boot();
        $this->expectException(PublisherUnreachableException::class);
        $this->expectExceptionMessage('No WebSocket server listens to the Redis channel "test:events"');

        Ws::publish('deck', 'bell');
    }

    /**
     * @param array<string, mixed> $config
     */
    private function boot(array $config = []): \Illuminate\Foundation\Application
    {
        return TestApplication::boot($config + ['ws.publish' => ['dsn' => $this->redis->dsn(), 'timeout' => 20.0]]);
    }

    /**
     * @return array{Process, TestClient} a server, and a client of it in the room "deck"
     */
    private function serve(string $token): array
    {
        $environment = ['FERRY_TEST_FOLDER' => TestApplication::folder(), 'FERRY_TEST_DSN' => $this->redis->dsn()];
        $server = new Process([...Extension::php(), \dirname(__DIR__).'/Fixtures/app/artisan.php', 'ws:serve', '--no-ansi'], $environment);
        $client = TestClient::connect($server->waitFor('~Listening on \[?(ws://[\d.:]+\d)~')[1].'/rooms/deck', ['Authorization' => 'Bearer '.$token]);
        $client->assertReceivedJson(['type' => 'welcome', 'room' => 'deck']);

        return [$server, $client];
    }
}
