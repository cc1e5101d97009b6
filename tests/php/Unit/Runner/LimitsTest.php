<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Runner;

use Ferry\Runner;
use Ferry\Runner\FailureLimit;
use Ferry\Runner\Listener;
use Ferry\Runner\MemoryLimit;
use Ferry\Runner\MessageLimit;
use Ferry\Runner\Progress;
use Ferry\Runner\TimeLimit;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Fixtures\RecordingHandler;
use PHPUnit\Framework\TestCase;

final class LimitsTest extends TestCase
{
    public function testMessageLimitCountsMessagesOnlyAndFailedOnesToo(): void
    {
        $server = new FakeServer([
            FakeServer::event('open'),
            FakeServer::message(),
            FakeServer::message('throw'),
            FakeServer::message('one too many'),
        ]);

        $this->serve(new MessageLimit(2), $server);

        self::assertSame(3, $server->played);
    }

    public function testFailureLimitCountsFailures(): void
    {
        $server = new FakeServer([
            FakeServer::message('throw'),
            FakeServer::message(),
            FakeServer::message('throw'),
            FakeServer::message('one too many'),
        ]);

        $this->serve(new FailureLimit(2), $server);

        self::assertSame(3, $server->played);
    }

    public function testTimeLimitStopsAnIdleServer(): void
    {
        $server = new FakeServer([
            FakeServer::tick(new Progress(uptime: 9.9)),
            FakeServer::tick(new Progress(uptime: 10.0)),
            FakeServer::tick(new Progress(uptime: 11.0)),
        ]);

        $this->serve(new TimeLimit(10), $server);

        self::assertSame(2, $server->played);
    }

    public function testMemoryLimitIsCheckedAfterEvents(): void
    {
        $used = [500, 1000, 1001, 9999];
        $server = new FakeServer(array_fill(0, 4, FakeServer::message()));

        $this->serve(new MemoryLimit(1000, static function () use (&$used): int { return array_shift($used) ?? 0; }), $server);

        self::assertSame(3, $server->played);
    }

    public function testMemoryLimitIsCheckedWhileIdle(): void
    {
        $server = new FakeServer(array_fill(0, 3, FakeServer::tick()));

        $this->serve(new MemoryLimit(1000, static fn (): int => 1001), $server);

        self::assertSame(1, $server->played);
    }

    private function serve(Listener $limit, FakeServer $server): void
    {
        (new Runner(new RecordingHandler(), serverFactory: static fn (): FakeServer => $server))->run([], [$limit]);
    }
}
