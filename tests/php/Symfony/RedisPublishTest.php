<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Bridge\Symfony\Messenger\PublishMessage;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\PublisherInterface;
use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Fixtures\RedisServer;
use Ferry\Tests\Symfony\Fixtures\Announcer;
use PHPUnit\Framework\TestCase;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\Messenger\MessageBusInterface;

/**
 * An application with a DSN of Redis: ws:serve in processes of its own, and the publisher that a controller gets here.
 */
final class RedisPublishTest extends TestCase
{
    private RedisServer $redis;
    private ?TestKernel $kernel = null;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->redis = new RedisServer();
        $_ENV['FERRY_DSN'] = $this->redis->dsn();
    }

    protected function tearDown(): void
    {
        unset($_ENV['FERRY_DSN']);
        $this->kernel?->remove();
        $this->kernel = null;
    }

    public function testWhatAControllerPublishesReachesTheClientsOfAllServers(): void
    {
        [$one, $alice] = $this->serve();
        [$two, $bob] = $this->serve();
        // Nothing of it needs the servers' PHP.
        $bob->sendJson(['type' => 'block'])->assertReceived('blocking');
        $this->boot();
        $publisher = $this->service(PublisherInterface::class);

        self::assertSame(2, $publisher->publish('r', 'posted', ['id' => 7]));
        $this->service(Announcer::class)->announce();
        $this->service(MessageBusInterface::class, 'messenger.default_bus')->dispatch(PublishMessage::toRooms('r', 'queued'));

        foreach ([$alice, $bob] as $client) {
            $client->assertReceivedJson(['type' => 'posted', 'data' => ['id' => 7], 'room' => 'r']);
            $client->assertReceivedJson(['type' => 'announced', 'room' => 'r']);
            $client->assertReceivedJson(['type' => 'queued', 'room' => 'r']);
        }

        self::assertCount(2, $publisher->connections('r'));
        self::assertSame(0, $publisher->publish('empty', 'posted'));
        $two->signal(\SIGKILL);
        $one->signal(\SIGTERM);
        $alice->assertClosed(1001);
        self::assertSame(0, $one->waitForExit(), $one->output());
    }

    public function testHandlersAndTheShellPublishTheSameWay(): void
    {
        [$one, $alice] = $this->serve();
        [$two, $bob] = $this->serve();

        $alice->sendJson(['type' => 'tell']);
        $alice->assertReceivedJson(['type' => 'told', 'data' => ['by' => 'a handler'], 'room' => 'r']);
        $bob->assertReceivedJson(['type' => 'told', 'data' => ['by' => 'a handler'], 'room' => 'r']);

        $shell = $this->console('ws:publish', 'bell', '{"strokes":8}', '--room=r');
        self::assertSame(0, $shell->waitForExit(), $shell->output());
        self::assertStringContainsString('2 connections got it', $shell->output());
        $bob->assertReceivedJson(['type' => 'bell', 'data' => ['strokes' => 8], 'room' => 'r']);

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

        $this->service(Announcer::class)->announce();
    }

    /**
     * @template T of object
     *
     * @param class-string<T> $class
     *
     * @return T
     */
    private function service(string $class, ?string $id = null): object
    {
        $service = $this->kernel?->getContainer()->get($id ?? $class);
        self::assertInstanceOf($class, $service);

        return $service;
    }

    /** Without "framework.test", under which publishing to nobody is no mistake. */
    private function boot(): void
    {
        $this->kernel = new TestKernel($this->config(), [Announcer::class], static function (ContainerBuilder $container): void {
            $container->getDefinition(Announcer::class)->setPublic(true)->addTag('messenger.message_handler', ['handles' => \ArrayObject::class]);
        }, config: ['framework' => ['test' => false, 'messenger' => ['buses' => ['bus' => []]]]]);
        $this->kernel->boot();
    }

    /**
     * @return array{Process, TestClient} a server, and a client of it in the room "r"
     */
    private function serve(): array
    {
        $server = $this->console('ws:serve');
        $client = TestClient::connect($server->waitFor('~Listening on \[?(ws://[\d.:]+\d)~')[1].'/rooms/r');
        $client->assertReceivedJson(['joined' => 'r']);

        return [$server, $client];
    }

    private function console(string ...$arguments): Process
    {
        $environment = ['FERRY_DSN' => $this->redis->dsn(), 'FERRY_TEST_CONFIG' => json_encode($this->config(), \JSON_THROW_ON_ERROR)];

        return new Process([...Extension::php(), __DIR__.'/Fixtures/console.php', '--no-ansi', ...$arguments], $environment);
    }

    /**
     * @return array<string, mixed> the same for both sides
     */
    private function config(): array
    {
        return ['server' => ['port' => 0], 'publish' => ['dsn' => '%env(FERRY_DSN)%', 'timeout' => 20.0]];
    }
}
