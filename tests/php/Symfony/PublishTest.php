<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Bridge\Doctrine\TransactionHook;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Bridge\Symfony\Messenger\PublishMessage;
use Ferry\Bridge\Symfony\Messenger\PublishStamp;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherInterface;
use Ferry\Publish\Transport\MemoryTransport;
use Ferry\Tests\Symfony\Fixtures\Announcer;
use PHPUnit\Framework\TestCase;
use Symfony\Bundle\FrameworkBundle\Console\Application;
use Symfony\Component\Console\Tester\ApplicationTester;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\Messenger\MessageBusInterface;

final class PublishTest extends TestCase
{
    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    public function testThePublisherIsAutowired(): void
    {
        $this->boot();
        $announcer = $this->kernel?->service(Announcer::class);
        self::assertInstanceOf(Announcer::class, $announcer);
        $announcer->announce();

        self::assertSame(['announced'], $this->published());
    }

    public function testTheServerListensWhereTheDsnSays(): void
    {
        $secret = str_repeat('s', 32);
        $kernel = $this->boot(['dsn' => 'unix:///run/x.sock', 'secret' => $secret, 'mode' => 0660, 'limits' => ['max_rate' => 1000]]);

        self::assertEquals(
            ['control' => ['dsn' => 'unix:///run/x.sock', 'secret' => $secret, 'listen' => null, 'mode' => 0660, 'max_rate' => 1000]],
            $kernel->getContainer()->getParameter(ServerSection::OPTIONS),
        );
        self::assertInstanceOf(Publisher::class, $kernel->service(PublisherInterface::class));
    }

    public function testTheCommandPublishes(): void
    {
        $application = new Application($this->boot());
        $application->setAutoExit(false);
        $tester = new ApplicationTester($application);

        self::assertSame(0, $tester->run(['command' => 'ws:publish', 'event' => 'from-the-shell', '--room' => ['r']]), $tester->getDisplay());
        self::assertSame(['from-the-shell'], $this->published());
    }

    public function testMessengerPublishesMessagesAndStamps(): void
    {
        $this->boot();
        $bus = $this->kernel?->service(MessageBusInterface::class);
        self::assertInstanceOf(MessageBusInterface::class, $bus);
        $bus->dispatch(PublishMessage::toRooms('r', 'message'), [PublishStamp::toUser('u', 'stamp')]);

        self::assertSame(['message', 'stamp'], $this->published());
    }

    public function testNothingOfAMessageThatFailsIsPublished(): void
    {
        $this->boot();
        $bus = $this->kernel?->service(MessageBusInterface::class);
        self::assertInstanceOf(MessageBusInterface::class, $bus);

        try {
            $bus->dispatch(new \ArrayObject(), [PublishStamp::toUser('u', 'stamp')]);
            self::fail('The handler throws');
        } catch (\Throwable $e) {
            self::assertStringContainsString('asked to fail', $e->getMessage());
        }

        self::assertSame([], $this->published());
    }

    public function testAfterCommitWaitsForTheTransaction(): void
    {
        $kernel = $this->boot(['dsn' => 'memory:', 'after_commit' => true]);
        $hook = $kernel->service(TransactionHook::class);
        self::assertInstanceOf(TransactionHook::class, $hook);
        $publisher = $kernel->service(PublisherInterface::class);
        self::assertInstanceOf(PublisherInterface::class, $publisher);
        $hook->begun();
        $publisher->publish('r', 'waits');
        self::assertSame([], $this->published());
        $hook->committed();

        self::assertSame(['waits'], $this->published());
    }

    /**
     * @param array<string, mixed> $publish
     */
    private function boot(array $publish = ['dsn' => 'memory:']): TestKernel
    {
        $buses = ['messenger' => ['buses' => ['bus' => ['middleware' => ['ferry.messenger.publish']]]]];
        $this->kernel = new TestKernel(['publish' => $publish], [Announcer::class], static function (ContainerBuilder $container): void {
            $container->getDefinition(Announcer::class)->setPublic(true)->addTag('messenger.message_handler', ['handles' => \ArrayObject::class]);
        }, config: ['framework' => $buses]);
        $this->kernel->boot();

        return $this->kernel;
    }

    /**
     * @return list<string> events
     */
    private function published(): array
    {
        $memory = $this->kernel?->service('ferry.publish.transport');
        self::assertInstanceOf(MemoryTransport::class, $memory);

        return array_column($memory->publications(), 'event');
    }
}
