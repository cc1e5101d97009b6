<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Symfony\Fixtures\Clock;
use Ferry\Tests\Symfony\Fixtures\ClockInterface;
use Ferry\Tests\Symfony\Fixtures\ForumHandler;
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

    public function testPathsThatNobodyServesAreRefused(): void
    {
        $this->assertWsRefused(404, '/forum/none');
    }
}
