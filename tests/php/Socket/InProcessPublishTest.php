<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket;

use Ferry\Exception\PublishException;
use Ferry\Exception\PublishRefusedException;
use Ferry\Handler\CurrentServer;
use Ferry\Publish\Publication;
use Ferry\Publish\Publisher;
use Ferry\Publish\Transport\InProcessTransport;
use Ferry\WsServer;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * Publishing inside of the serving process fails as it does from outside.
 */
final class InProcessPublishTest extends TestCase
{
    private ?WsServer $server = null;

    protected function tearDown(): void
    {
        $this->server?->stop(grace: 0.0);
        $this->server = null;
    }

    /**
     * @dataProvider failures
     *
     * @param list<Publication> $batch
     */
    #[DataProvider('failures')]
    public function testFailureTellsWhatWasDelivered(array $batch, string $message): void
    {
        $publisher = $this->publisher();

        try {
            $publisher->publishAll($batch);
            self::fail('It was published.');
        } catch (PublishException $e) {
            self::assertStringContainsString($message, $e->getMessage());
            self::assertNotNull($e->getPrevious());
        }
    }

    /**
     * @return iterable<string, array{list<Publication>, string}>
     */
    public static function failures(): iterable
    {
        // Redis is away, and what waits for it may have 1,024 bytes.
        $small = Publication::toUser('alice', 'e', 'x');
        $large = str_repeat('x', 2000);

        yield 'the first event' => [[Publication::toUser('alice', 'e', $large), $small], 'Redis is away, and redis.queue_bytes (1024) of messages wait for it (nothing was delivered)'];
        yield 'the third event' => [[$small, $small, Publication::toUser('alice', 'e', $large)], '(of 3 events 2 were delivered before)'];
        yield 'the second room' => [[$small, Publication::toRooms(['a', 'b', 'c', 'd'], 'e', str_repeat('x', 300)), $small], '(of 3 events 1 were delivered before, and the next one to some of its rooms)'];
        yield 'what cannot be encoded' => [[$small, Publication::toUser('alice', 'e', "\xff")], 'cannot be encoded as JSON, nothing was sent'];
    }

    public function testNothingIsDeliveredWhenALaterEventCannotBeEncoded(): void
    {
        $publisher = $this->publisher();

        for ($i = 0; $i < 20; ++$i) {
            try {
                $publisher->publishAll([Publication::toUser('alice', 'e', str_repeat('x', 400)), Publication::toUser('alice', 'e', \NAN)]);
                self::fail('It was published.');
            } catch (PublishException) {
            }
        }

        // Of twenty such events the queue would be full.
        self::assertSame(0, $publisher->toUser('alice', 'e', str_repeat('x', 400)));
    }

    public function testBadArgumentIsRefusedAsByTheControlEndpoint(): void
    {
        $publisher = $this->publisher();
        $calls = [
            'Argument $code must be' => static fn () => $publisher->disconnectUser('alice', 999),
            'Argument $reason must have at most 123 bytes' => static fn () => $publisher->disconnectUser('alice', 4401, str_repeat('x', 200)),
            'A room name must have 1 to 255 bytes' => static fn () => $publisher->connections(''),
        ];

        foreach ($calls as $message => $call) {
            try {
                $call();
                self::fail('It was done.');
            } catch (PublishRefusedException $e) {
                self::assertSame([422, 'malformed'], [$e->getCode(), $e->problem]);
                self::assertStringContainsString($message, $e->getMessage());
            }
        }
    }

    public function testNobodyIsDisconnectedWhileRedisIsAway(): void
    {
        $publisher = $this->publisher();
        $this->expectException(PublishException::class);
        $this->expectExceptionMessage('wait for it (nobody was disconnected)');

        for ($i = 0; $i < 20; ++$i) {
            $publisher->disconnectUser('alice', 4401, str_repeat('x', 120));
        }
    }

    private function publisher(): Publisher
    {
        $this->server = new WsServer(['port' => 0, 'redis' => ['dsn' => 'redis://127.0.0.1:1', 'queue_bytes' => 1024]]);
        $this->server->listen();
        $current = new CurrentServer();
        $current->set($this->server);

        return new Publisher(new InProcessTransport($current));
    }
}
