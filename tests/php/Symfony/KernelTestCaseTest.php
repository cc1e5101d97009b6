<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Publish\PublisherInterface;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Symfony\Fixtures\Clock;
use Ferry\Tests\Symfony\Fixtures\ClockInterface;
use Ferry\Tests\Symfony\Fixtures\ForumHandler;
use PHPUnit\Framework\AssertionFailedError;
use Symfony\Bundle\FrameworkBundle\Test\KernelTestCase;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\HttpKernel\KernelInterface;

/**
 * WsTestTrait as an application uses it.
 */
final class KernelTestCaseTest extends KernelTestCase
{
    use WsTestTrait;

    private static ?TestKernel $made = null;

    protected static function createKernel(array $options = []): KernelInterface
    {
        return self::$made = new TestKernel([], [ForumHandler::class], static function (ContainerBuilder $container): void {
            $container->register(Clock::class, Clock::class);
            $container->setAlias(ClockInterface::class, Clock::class);
        });
    }

    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        self::$made?->remove();
        self::$made = null;
    }

    public function testItServesTheApplicationsHandlers(): void
    {
        $client = $this->wsConnect('/forum/7');
        $client->assertReceivedJson(['topic' => 7, 'now' => 'noon']);

        $client->sendJson(['type' => 'post', 'id' => 1, 'text' => 'hi', 'priority' => 2]);
        $client->assertReceivedJson(['type' => 'reply', 'id' => 1, 'data' => ['text' => 'hi']]);

        $client->sendJson(['type' => 'nonsense']);
        $client->assertReceivedJson(['type' => 'error', 'code' => 'unknown_type']);
        $client->assertOpen();
    }

    public function testWhatIsPublishedReachesClientsAndIsRecorded(): void
    {
        $client = $this->wsConnect('/forum/7');
        $client->assertReceivedJson(['topic' => 7]);
        $this->wsServer()->server()->connections()[0]->join('forum.7');
        $publisher = static::getContainer()->get(PublisherInterface::class);
        $this->assertWsNothingPublished();

        self::assertSame(1, $publisher->publish('forum.7', 'posted', ['id' => 5, 'title' => 'hi']));

        $client->assertReceivedJson(['type' => 'posted', 'data' => ['id' => 5], 'room' => 'forum.7']);
        $this->assertWsPublished('forum.7');
        $this->assertWsPublished('forum.7', 'posted', ['id' => 5]);
        $this->assertWsPublished('forum.7', data: static fn (array $data): bool => 'hi' === $data['title']);
    }

    public function testAControllersTestNeedsNoServer(): void
    {
        $publisher = static::getContainer()->get(PublisherInterface::class);

        self::assertSame(0, $publisher->toUser('alice', 'greeting', ['text' => 'hi']));
        self::assertSame(0, $publisher->disconnectUser('bob'));

        $this->assertWsPublishedToUser('alice', 'greeting', ['text' => 'hi']);
        $this->assertWsUserDisconnected('bob');
        $failures = [
            'No event "greeting" with {"text":"ho"} was published to the user "alice". Published: '."\n  {\"user\":\"alice\"" => fn () => $this->assertWsPublishedToUser('alice', 'greeting', ['text' => 'ho']),
            'No event was published to the room "alice"' => fn () => $this->assertWsPublished('alice'),
            'Published: ' => fn () => $this->assertWsNothingPublished(),
            'The user "carol" was not disconnected.' => fn () => $this->assertWsUserDisconnected('carol'),
        ];

        foreach ($failures as $message => $assert) {
            $failure = null;

            try {
                $assert();
            } catch (AssertionFailedError $failure) {
            }

            self::assertNotNull($failure, $message);
            self::assertStringContainsString($message, $failure->getMessage());
        }
    }

    public function testPathsThatNobodyServesAreRefused(): void
    {
        $this->assertWsRefused(404, '/forum/none');
    }
}
