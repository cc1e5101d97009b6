<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\Publish\FerryBroadcaster;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherInterface;
use Ferry\Publish\Transport\MemoryTransport;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Broadcasting\BroadcastException;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Broadcasting\BroadcastServiceProvider;
use Illuminate\Broadcasting\Channel;
use Illuminate\Broadcasting\PrivateChannel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;
use Illuminate\Http\Request;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpKernel\Exception\AccessDeniedHttpException;

final class BroadcastTest extends TestCase
{
    public function testEventsAreBroadcastThroughTheDriver(): void
    {
        $app = TestApplication::boot(['broadcasting.default' => 'ferry', 'ws.publish.dsn' => 'memory:']);
        $memory = new MemoryTransport();
        $app->instance(PublisherInterface::class, new Publisher($memory));
        $app->instance(\Ferry\Publish\BatchPublisherInterface::class, new Publisher($memory));
        $app->register(BroadcastServiceProvider::class);
        $broadcasting = $app->make(BroadcastManager::class);
        self::assertInstanceOf(FerryBroadcaster::class, $broadcasting->connection());
        $broadcasting->queue(new class implements ShouldBroadcastNow {
            public int $order = 7;
            public ?string $socket = 'the-connection';

            /**
             * @return list<Channel>
             */
            public function broadcastOn(): array
            {
                return [new Channel('orders'), new PrivateChannel('orders.7')];
            }

            public function broadcastAs(): string
            {
                return 'order.shipped';
            }
        });

        self::assertSame(
            ['{"rooms":["orders","private-orders.7"],"event":"order.shipped","data":{"order":7},"except":"the-connection"}'],
            array_map('json_encode', $memory->publications()),
        );
    }

    public function testAServerThatCannotBeReachedIsABroadcastException(): void
    {
        $publisher = $this->createStub(PublisherInterface::class);
        $publisher->method('publish')->willThrowException(new PublisherUnreachableException('Cannot connect'));

        $this->expectException(BroadcastException::class);
        $this->expectExceptionMessage('Cannot connect');
        (new FerryBroadcaster($publisher))->broadcast(['a'], 'e');
    }

    public function testNothingIsPublishedForNoChannel(): void
    {
        $publisher = $this->createMock(PublisherInterface::class);
        $publisher->expects(self::never())->method('publish');
        (new FerryBroadcaster($publisher))->broadcast([], 'e');
    }

    public function testChannelsAnswerWhoMay(): void
    {
        TestApplication::boot();
        $broadcaster = new FerryBroadcaster(new Publisher(new MemoryTransport()));
        $broadcaster->channel('orders.{id}', static fn (object $user, string $id): bool => $user->id === (int) $id);
        $request = static function (string $channel, ?int $user): Request {
            $request = Request::create('/broadcasting/auth', 'POST', ['channel_name' => $channel]);
            $request->setUserResolver(static fn (): ?object => null === $user ? null : (object) ['id' => $user]);

            return $request;
        };
        self::assertSame(['channel' => 'private-orders.7'], $broadcaster->auth($request('private-orders.7', 7)));

        foreach ([['private-orders.7', 8], ['private-orders.7', null], ['', 7], ['private-unknown', 7]] as [$channel, $user]) {
            try {
                $broadcaster->auth($request($channel, $user));
                self::fail($channel.' is not for '.$user);
            } catch (AccessDeniedHttpException) {
                $this->addToAssertionCount(1);
            }
        }
    }
}
