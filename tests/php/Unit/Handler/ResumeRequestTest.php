<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Handler\HandlerDispatcher;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Handler\ChatHandler;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class ResumeRequestTest extends TestCase
{
    public function testItIsHandledForEveryHandler(): void
    {
        $connection = $this->send('{"type":"resume","rooms":{"lobby":"a1","7":"b2"}}');

        self::assertSame(['lobby' => 'a1', 7 => 'b2'], $connection->resumed());
        $connection = $this->send('{"type":"resume","data":{"rooms":{"lobby":"c3"}}}');
        self::assertSame(['lobby' => 'c3'], $connection->resumed());
    }

    /**
     * @dataProvider malformed
     */
    #[DataProvider('malformed')]
    public function testWhatIsMalformedIsAnswered(string $message): void
    {
        $connection = $this->send($message);

        self::assertSame([], $connection->resumed());
        $connection->assertSentJson(['type' => 'error', 'code' => 'invalid_message']);
    }

    /**
     * @return iterable<array{string}>
     */
    public static function malformed(): iterable
    {
        yield ['{"type":"resume"}'];
        yield ['{"type":"resume","rooms":[]}'];
        yield ['{"type":"resume","rooms":"lobby"}'];
        yield ['{"type":"resume","data":5}'];
        yield ['{"type":"resume","rooms":{"lobby":5}}'];
        yield [json_encode(['type' => 'resume', 'rooms' => array_fill(0, 257, 'x')], \JSON_THROW_ON_ERROR)];
    }

    private function send(string $message): FakeConnection
    {
        $dispatcher = HandlerDispatcher::of([new ChatHandler()]);
        $connection = new FakeConnection(handshake: new FakeHandshake('/chat/lobby'));
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, $message, false);

        return $connection;
    }
}
