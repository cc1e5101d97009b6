<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Command;

use Ferry\Command\WsPublishCommand;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherInterface;
use Ferry\Publish\Transport\MemoryTransport;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Exception\InvalidArgumentException;
use Symfony\Component\Console\Tester\CommandTester;

final class WsPublishCommandTest extends TestCase
{
    public function testItPublishesToRoomsAndUsers(): void
    {
        $memory = new MemoryTransport();
        $tester = new CommandTester(new WsPublishCommand(static fn (): PublisherInterface => new Publisher($memory)));
        $status = $tester->execute(['event' => 'e', 'data' => '{"a":{}}', '--room' => ['x', 'y'], '--user' => ['u'], '--except' => 'id']);

        self::assertSame(0, $status, $tester->getDisplay());
        self::assertSame("0 connections got it.\n", $tester->getDisplay());
        self::assertSame(
            ['{"rooms":["x","y"],"event":"e","data":{"a":{}},"except":"id"}', '{"user":"u","event":"e","data":{"a":{}}}'],
            array_map('json_encode', $memory->publications()),
        );
    }

    public function testItSaysHowManyGotIt(): void
    {
        $publisher = $this->createMock(PublisherInterface::class);
        $publisher->method('publish')->willReturn(1);
        $tester = new CommandTester(new WsPublishCommand($publisher));
        $tester->execute(['event' => 'e', '--room' => ['x']]);

        self::assertSame("1 connection got it.\n", $tester->getDisplay());
    }

    /**
     * @dataProvider badInput
     *
     * @param array<string, mixed> $input
     */
    #[DataProvider('badInput')]
    public function testInputThatCannotBeUsed(array $input, string $message): void
    {
        $tester = new CommandTester(new WsPublishCommand(new Publisher(new MemoryTransport())));

        self::assertSame(2, $tester->execute($input));
        self::assertStringContainsString($message, preg_replace('/\s+/', ' ', $tester->getDisplay()) ?? '');
    }

    /**
     * @return iterable<array{array<string, mixed>, string}>
     */
    public static function badInput(): iterable
    {
        yield [['event' => 'e', 'data' => 'text', '--room' => ['x']], 'The data is not JSON'];
        yield [['event' => '', '--room' => ['x']], 'Argument $event must have 1 to 255 bytes'];
        yield [['event' => 'e', '--user' => ['']], 'Argument $userIdentifier'];
    }

    public function testSomebodyMustGetIt(): void
    {
        $this->expectException(InvalidArgumentException::class);
        (new CommandTester(new WsPublishCommand(new Publisher(new MemoryTransport()))))->execute(['event' => 'e']);
    }

    public function testAServerThatCannotBeReached(): void
    {
        $publisher = $this->createMock(PublisherInterface::class);
        $publisher->method('toUser')->willThrowException(new PublisherUnreachableException('Cannot connect'));
        $tester = new CommandTester(new WsPublishCommand($publisher));

        self::assertSame(1, $tester->execute(['event' => 'e', '--user' => ['u']]));
        self::assertStringContainsString('Cannot connect', $tester->getDisplay());
    }
}
