<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Publish;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\AfterCommitPublisher;
use Ferry\Publish\Commit\CommitHookInterface;
use Ferry\Publish\Publication;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherFactory;
use Ferry\Publish\ServerEndpoint;
use Ferry\Publish\Transport\MemoryTransport;
use Ferry\Publish\Transport\TransportInterface;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class PublisherTest extends TestCase
{
    public function testWhatIsPublishedIsRemembered(): void
    {
        $memory = new MemoryTransport();
        $publisher = new Publisher($memory);
        self::assertSame(0, $publisher->publish(['a', 'b'], 'e', ['x' => 1], 'id'));
        $publisher->toUser(7, 'u');
        $publisher->disconnectUser('bob', 4001, 'bye');

        self::assertSame(
            ['{"rooms":["a","b"],"event":"e","data":{"x":1},"except":"id"}', '{"user":"7","event":"u","data":null}'],
            array_map('json_encode', $memory->publications()),
        );
        self::assertSame([['user' => 'bob', 'code' => 4001, 'reason' => 'bye']], $memory->disconnected());
    }

    public function testLongBatchesAreCut(): void
    {
        $sizes = [];
        $transport = $this->createMock(TransportInterface::class);
        $transport->method('send')->willReturnCallback(static function (array $publications) use (&$sizes): array {
            $sizes[] = \count($publications);

            return array_keys($publications);
        });
        $publications = (static function (): \Generator {
            for ($n = 0; $n < 1001; ++$n) {
                yield Publication::toRooms('r', 'e', $n);
            }
        })();

        self::assertCount(1001, (new Publisher($transport))->publishAll($publications));
        self::assertSame([500, 500, 1], $sizes);
    }

    /**
     * @dataProvider badArguments
     */
    #[DataProvider('badArguments')]
    public function testBadArgumentsAreRefusedByName(\Closure $publish, string $message): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage($message);
        $publish(new Publisher(new MemoryTransport()));
    }

    /**
     * @return iterable<array{\Closure(Publisher): mixed, string}>
     */
    public static function badArguments(): iterable
    {
        yield [static fn (Publisher $p) => $p->publish([], 'e'), 'Argument $rooms must name 1 to 1000 rooms, 0 given'];
        yield [static fn (Publisher $p) => $p->publish(array_fill(0, 1001, 'r'), 'e'), '1001 given'];
        yield [static fn (Publisher $p) => $p->publish('', 'e'), 'Argument $rooms must have 1 to 255 bytes, 0 given'];
        yield [static fn (Publisher $p) => $p->publish([5], 'e'), 'Argument $rooms must hold strings, int given'];
        yield [static fn (Publisher $p) => $p->publish('r', ''), 'Argument $event must have 1 to 255 bytes, 0 given'];
        yield [static fn (Publisher $p) => $p->publish('r', "\xff"), 'Argument $event must be UTF-8'];
        yield [static fn (Publisher $p) => $p->toUser('', 'e'), 'Argument $userIdentifier must have 1 to 255 bytes, 0 given'];
        yield [static fn (Publisher $p) => $p->disconnectUser(''), 'Argument $userIdentifier must not be empty'];
    }

    /**
     * @dataProvider badDsns
     */
    #[DataProvider('badDsns')]
    public function testBadDsnsAreRefusedAndNotShown(string $dsn, string $secret = 'secret'): void
    {
        $this->expectException(InvalidArgumentException::class);

        try {
            (new PublisherFactory())->create($dsn, $secret);
        } catch (InvalidArgumentException $e) {
            self::assertStringNotContainsString('hunter2', $e->getMessage());

            throw $e;
        }
    }

    /**
     * @return iterable<array{0: string, 1?: string}>
     */
    public static function badDsns(): iterable
    {
        yield [''];
        yield ['ftp://hunter2'];
        yield ['unix:'];
        yield ['unix:///run/x', ''];
        yield ['http://user:hunter2@localhost'];
        yield ['http://'];
        yield ['http://localhost?x=1'];
        yield ['redis://:hunter2@localhost:0'];
    }

    public function testWithoutAServerItSaysWhatToConfigure(): void
    {
        $this->expectException(PublisherUnreachableException::class);
        $this->expectExceptionMessage('no DSN says how to reach one');
        (new PublisherFactory())->create('in-process:')->publish('r', 'e');
    }

    /**
     * @dataProvider endpoints
     *
     * @param array<string, mixed> $control
     * @param array<string, mixed> $expected
     */
    #[DataProvider('endpoints')]
    public function testTheServerListensWhereTheDsnSays(array $control, array $expected): void
    {
        self::assertSame($expected, ServerEndpoint::resolve(['port' => 0, 'control' => $control]));
    }

    /**
     * @return iterable<array{array<string, mixed>, array<string, mixed>}>
     */
    public static function endpoints(): iterable
    {
        yield [['dsn' => 'unix:///x', 'secret' => 's', 'mode' => null], ['port' => 0, 'control' => ['secret' => 's', 'listen' => 'unix:///x']]];
        yield [['dsn' => 'http://[::1]:81', 'secret' => 's'], ['port' => 0, 'control' => ['secret' => 's', 'listen' => '[::1]:81']]];
        yield [['dsn' => 'https://example.org', 'secret' => 's', 'listen' => '0.0.0.0:1'], ['port' => 0, 'control' => ['secret' => 's', 'listen' => '0.0.0.0:1']]];
        yield [['dsn' => null, 'secret' => null], ['port' => 0]];
        yield [['dsn' => 'null:', 'secret' => 's'], ['port' => 0]];
        yield [['listen' => 'unix:/y'], ['port' => 0, 'control' => ['listen' => 'unix:/y']]];
    }

    public function testWhatATransactionCausesWaitsForItsCommit(): void
    {
        $hook = new class implements CommitHookInterface {
            public bool $open = true;

            /** @var list<\Closure(): mixed> */
            public array $waiting = [];

            public function afterCommit(\Closure $work): bool
            {
                if ($this->open) {
                    $this->waiting[] = $work;
                }

                return $this->open;
            }
        };
        $memory = new MemoryTransport();
        $publisher = new AfterCommitPublisher(new Publisher($memory), $hook);
        self::assertSame(0, $publisher->publish('r', 'waits'));
        self::assertSame(0, $publisher->disconnectUser('u'));
        self::assertSame([[], []], [$memory->publications(), $memory->disconnected()]);
        $hook->open = false;
        array_map(static fn (\Closure $work): mixed => $work(), $hook->waiting);
        $publisher->toUser('u', 'at once');

        self::assertSame(['waits', 'at once'], array_column($memory->publications(), 'event'));
        self::assertCount(1, $memory->disconnected());
    }

    public function testAnEventThatIsWrongIsRefusedBeforeTheCommit(): void
    {
        $hook = $this->createMock(CommitHookInterface::class);
        $hook->expects(self::never())->method('afterCommit');

        $this->expectException(InvalidArgumentException::class);
        (new AfterCommitPublisher(new Publisher(new MemoryTransport()), $hook))->publish([], 'e');
    }
}
