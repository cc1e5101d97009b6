<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Command;

use Ferry\Command\WsStatusCommand;
use Ferry\Exception\RuntimeException;
use Ferry\Status\ControlStatusReader;
use Ferry\Status\StatusReaderInterface;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Exception\InvalidOptionException;
use Symfony\Component\Console\Tester\CommandCompletionTester;
use Symfony\Component\Console\Tester\CommandTester;

final class WsStatusCommandTest extends TestCase
{
    private const STATUS = [
        'version' => '0.1.0', 'pid' => 4711, 'addresses' => ['ws://127.0.0.1:8080'], 'accepting' => true, 'uptime' => 93784.5,
        'connections' => 1234, 'connectionsTotal' => 56789, 'users' => 12, 'refused' => ['origin' => 3, 'token' => 1], 'closed' => ['1000' => 7],
        'messagesIn' => 1000000, 'messagesOut' => 2500, 'bytesIn' => 1536, 'bytesOut' => 5, 'inboxEvents' => 17, 'inboxBytes' => 2048,
        'outboxBytes' => 3145728, 'dropped' => 2, 'slowCallbacks' => 4, 'callbackSeconds' => 1.5,
        'rates' => ['messagesIn' => 812.25, 'messagesOut' => 2.5, 'bytesIn' => 10240, 'bytesOut' => 0, 'publishes' => 0.2, 'seconds' => 10],
        'rooms' => ['count' => 2, 'list' => [['name' => 'chat.<b>', 'members' => 900], ['name' => 'lobby', 'members' => 3]]],
        'control' => ['publishes' => 20, 'delivered' => 400, 'refused' => []],
        'history' => ['rooms' => 2, 'messages' => 1500, 'bytes' => 2048, 'evicted' => 0],
        'redis' => ['address' => 'redis://cache:6379', 'connected' => false, 'connects' => 1, 'queueBytes' => 1024, 'recovered' => 0, 'gaps' => 2, 'notTaken' => 3, 'failed' => 1],
    ];

    public function testItShowsTheStatusForPeople(): void
    {
        $tester = new CommandTester(new WsStatusCommand($this->reader(self::STATUS)));

        self::assertSame(0, $tester->execute([]));
        $display = $tester->getDisplay(true);
        $lines = [
            'ws://127.0.0.1:8080, up 1 d 2 h, pid 4711, Ferry 0.1.0',
            'Connections          1,234 open, 56,789 since the start',
            'Messages in          1,000,000 (812/s), 1.5 KiB (10.0 KiB/s)',
            'Messages out         2,500 (2.5/s), 5 B (0 B/s)',
            'Waiting for PHP      17 events, 2.0 KiB',
            'Waiting for clients  3.0 MiB, 2 messages dropped',
            'Slow handlers        4, one is running for 1.500 s',
            'Published            20 events (0.2/s), delivered 400 times',
            'Refused              origin: 3, token: 1',
            'Closed               1000: 7',
            'History              1,500 messages of 2 rooms, 2.0 KiB',
            'Redis                away: redis://cache:6379, 1.0 KiB waiting, 2 gaps in rooms, 3 messages not taken, 1 messages lost',
            'chat.<b> 900',
        ];

        foreach ($lines as $line) {
            self::assertStringContainsString($line, $display);
        }
    }

    public function testAServerThatSendsLessIsShownWithLess(): void
    {
        $tester = new CommandTester(new WsStatusCommand($this->reader(['connections' => 1, 'accepting' => false, 'rooms' => 'none', 'refused' => null])));

        self::assertSame(0, $tester->execute([]));
        self::assertStringContainsString('WebSocket server, up 0 s, pid ?, Ferry ?, stopping', $tester->getDisplay());
        self::assertStringContainsString('1 open', $tester->getDisplay());
    }

    public function testJsonIsWhatTheServerSaid(): void
    {
        $tester = new CommandTester(new WsStatusCommand($this->reader(self::STATUS)));

        self::assertSame(0, $tester->execute(['--json' => true]));
        self::assertSame(json_decode((string) json_encode(self::STATUS), true), json_decode($tester->getDisplay(), true));
    }

    public function testLiveGoesOnAndWritesALineOfJsonEachTime(): void
    {
        $waits = [];
        $wait = static function (float $seconds) use (&$waits): bool {
            $waits[] = $seconds;

            return \count($waits) < 3;
        };
        $tester = new CommandTester(new WsStatusCommand($this->reader(['connections' => 1]), $wait));

        self::assertSame(0, $tester->execute(['--json' => true, '--live' => true, '--interval' => '0.5']));
        self::assertSame([0.5, 0.5, 0.5], $waits);
        self::assertSame(str_repeat('{"connections":1}'."\n", 3), $tester->getDisplay(true));
    }

    public function testItFailsWhenNobodyAnswers(): void
    {
        $reader = new class() implements StatusReaderInterface {
            public function read(): array
            {
                throw new RuntimeException('Nobody is there.');
            }

            public function describe(): string
            {
                return 'unix:///run/ferry.sock';
            }
        };
        $tester = new CommandTester(new WsStatusCommand($reader));

        self::assertSame(1, $tester->execute([]));
        self::assertStringContainsString('Nobody is there.', $tester->getDisplay());
        self::assertStringContainsString('unix:///run/ferry.sock', $tester->getDisplay());
    }

    public function testWithoutAControlEndpointItSaysWhatToDo(): void
    {
        foreach ([[null, null], ['redis://localhost', 'secret'], ['unix:///run/ferry.sock', '']] as [$dsn, $secret]) {
            $tester = new CommandTester(new WsStatusCommand(new ControlStatusReader($dsn, $secret)));

            self::assertSame(1, $tester->execute([]));
            self::assertStringContainsString('ws:status asks the control endpoint of the server', preg_replace('/\s+/', ' ', $tester->getDisplay()));
        }
    }

    public function testTheAddressIsWhereTheServerListens(): void
    {
        self::assertSame('unix:///run/a.sock', (new ControlStatusReader('unix:///run/a.sock', 's', '0.0.0.0:1'))->describe());
        self::assertSame('http://127.0.0.1:8081', (new ControlStatusReader('redis://localhost', 's', '0.0.0.0:8081'))->describe());
        self::assertSame('http://[::1]:8081', (new ControlStatusReader(null, 's', '[::]:8081'))->describe());
        self::assertSame('unix:///run/b.sock', (new ControlStatusReader('in-process:', 's', 'unix:///run/b.sock'))->describe());
    }

    public function testAnIntervalThatIsNoneIsRefused(): void
    {
        $this->expectException(InvalidOptionException::class);
        $this->expectExceptionMessage('"soon" passed');

        (new CommandTester(new WsStatusCommand($this->reader([]))))->execute(['--interval' => 'soon']);
    }

    public function testTheShellCompletesTheInterval(): void
    {
        self::assertContains('5', (new CommandCompletionTester(new WsStatusCommand($this->reader([]))))->complete(['--interval', '']));
    }

    /**
     * @param array<mixed> $status
     */
    private function reader(array $status): StatusReaderInterface
    {
        return new class($status) implements StatusReaderInterface {
            /**
             * @param array<mixed> $status
             */
            public function __construct(private readonly array $status)
            {
            }

            public function read(): array
            {
                return $this->status;
            }

            public function describe(): string
            {
                return 'a fake';
            }
        };
    }
}
