<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket;

use Ferry\Command\WsStatusCommand;
use Ferry\Status\ControlStatusReader;
use Ferry\Tests\Fixtures\Extension;
use Ferry\WsClient;
use Ferry\WsServer;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Tester\CommandTester;

/**
 * ws:status against the control endpoint of a real server, which this very process keeps busy.
 */
final class StatusTest extends TestCase
{
    private const SECRET = 'a secret of at least thirty-two bytes';

    public function testItShowsARunningServer(): void
    {
        Extension::assertLoaded();
        $server = new WsServer(['port' => 0, 'control' => ['listen' => '127.0.0.1:0', 'secret' => self::SECRET]]);
        $server->onOpen(static fn ($connection) => $connection->join('lobby'));
        $address = $server->listen();
        $clients = [WsClient::connect($address), WsClient::connect($address)];
        $deadline = microtime(true) + 10;

        while (2 !== $server->room('lobby')->count() && microtime(true) < $deadline) {
            $server->poll(0.01);
        }

        // Nobody polls the server from here on. The I/O thread may hear of the room a moment later.
        $reader = new ControlStatusReader('http://'.$server->controlAddress(), self::SECRET);

        while (2 !== ($reader->read()['rooms']['list'][0]['members'] ?? 0) && microtime(true) < $deadline) {
            usleep(1000);
        }

        $tester = new CommandTester(new WsStatusCommand($reader));
        self::assertSame(0, $tester->execute([]), $tester->getDisplay());
        self::assertStringContainsString($address.', up ', $tester->getDisplay());
        self::assertMatchesRegularExpression('/Connections +2 open, 2 since the start/', $tester->getDisplay());
        self::assertMatchesRegularExpression('/Messages in +0 \(0\/s\)/', $tester->getDisplay());
        self::assertMatchesRegularExpression('/lobby +2/', $tester->getDisplay());

        $tester->execute(['--json' => true]);
        $status = json_decode($tester->getDisplay(), true);
        self::assertEquals([2, [['name' => 'lobby', 'members' => 2]]], [$status['connections'], $status['rooms']['list']]);

        $wrong = new CommandTester(new WsStatusCommand(new ControlStatusReader('http://'.$server->controlAddress(), str_repeat('x', 32))));
        self::assertSame(1, $wrong->execute([]));
        self::assertStringContainsString('signature', $wrong->getDisplay());

        $gone = $server->controlAddress();
        unset($clients);
        $server->stop();
        $nobody = new CommandTester(new WsStatusCommand(new ControlStatusReader('http://'.$gone, self::SECRET)));
        self::assertSame(1, $nobody->execute([]));
        self::assertStringContainsString($gone, $nobody->getDisplay());
    }
}
