<?php

declare(strict_types=1);

namespace Ferry\Tests\Doctrine;

use Ferry\Tests\Fixtures\DatabaseServer;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\MariaDb;
use Ferry\Tests\Fixtures\PostgreSql;
use Ferry\Tests\Fixtures\Process;
use Ferry\WsClient;
use PHPUnit\Framework\TestCase;

/**
 * A server process that writes to a database, and what would poison it.
 */
final class DoctrineServerTest extends TestCase
{
    private ?Process $server = null;

    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    public function testTenThousandMessagesNeedNoMoreMemory(): void
    {
        $client = $this->serve('sqlite:///:memory:');
        $this->addNotes($client, 0, 2_000);
        $before = $this->stats($client);
        $this->addNotes($client, 2_000, 10_000);
        $after = $this->stats($client);

        self::assertSame(10_000, $after['notes']);
        self::assertSame(0, $after['largestUnitOfWork'], 'each message finds a fresh unit of work');
        self::assertLessThanOrEqual(64 * 1024, $after['memory'] - $before['memory']);
    }

    public function testExceptionInATransactionDoesNotPoisonTheNextMessage(): void
    {
        $client = $this->serve('sqlite:///:memory:');

        self::assertSame('error DomainException', self::ask($client, 'throw lost'));
        self::assertSame(0, ($stats = $this->stats($client))['notes'], 'the transaction was rolled back');
        self::assertSame(0, $stats['transactions']);
        self::assertSame(['A transaction on the database connection "{name}" was left open and is rolled back.'], $stats['warnings']);
        self::assertSame('add kept', self::ask($client, 'add kept'));
        self::assertSame(1, $this->stats($client)['notes']);
    }

    public function testTransactionThatIsLeftOpenIsRolledBackWithAWarning(): void
    {
        $client = $this->serve('sqlite:///:memory:');

        self::assertSame('leave lost', self::ask($client, 'leave lost'));
        self::assertSame([0, 0, 1], [($stats = $this->stats($client))['notes'], $stats['transactions'], \count($stats['warnings'])]);
    }

    public function testViolatedConstraintClosesTheManagerAndTheNextMessageWorks(): void
    {
        $client = $this->serve('sqlite:///:memory:');

        self::assertSame('add one', self::ask($client, 'add one'));
        self::assertSame('error Doctrine\DBAL\Exception\UniqueConstraintViolationException', self::ask($client, 'add one'));
        self::assertSame('add two', self::ask($client, 'add two'));
        self::assertSame(2, $this->stats($client)['notes']);
    }

    public function testRestartOfPostgreSqlLosesNoMessage(): void
    {
        $this->loseNothing(new PostgreSql());
    }

    public function testRestartOfMariaDbLosesNoMessage(): void
    {
        $this->loseNothing(new MariaDb());
    }

    private function loseNothing(DatabaseServer $database): void
    {
        $client = $this->serve($database->url());

        // While messages come in, and while none does; up again at once, and late.
        $this->addNotes($client, 0, 100);
        $database->restart();
        $this->addNotes($client, 100, 200);

        for ($note = 200; $note < 1_200; ++$note) {
            $client->send('add '.$note);
        }

        self::assertSame('add 200', $client->receive(30));
        $database->restart(0.3);

        $doubted = 0;

        for ($note = 201; $note < 1_200; ++$note) {
            $answer = $client->receive(30);

            // The server may go between a commit and its confirmation: the note is there when it is written once more.
            if ('add '.$note !== $answer) {
                self::assertSame('error Doctrine\DBAL\Exception\UniqueConstraintViolationException', $answer);
                ++$doubted;
            }
        }

        self::assertLessThanOrEqual(1, $doubted, 'one note can have been on its way');
        self::assertSame(1_200, $this->stats($client)['notes']);
        self::assertGreaterThanOrEqual(2, \count($this->stats($client)['warnings']), 'each loss is told');
    }

    private function serve(string $databaseUrl): WsClient
    {
        $this->server = new Process([...Extension::php(), \dirname(__DIR__).'/Fixtures/doctrine.php'], ['DATABASE_URL' => $databaseUrl]);

        return WsClient::connect($this->server->waitFor('~(ws://[\d.:]+)~')[1]);
    }

    private function addNotes(WsClient $client, int $from, int $to): void
    {
        foreach (array_chunk(range($from, $to - 1), 100) as $notes) {
            foreach ($notes as $note) {
                $client->send('add '.$note);
            }

            foreach ($notes as $note) {
                self::assertSame('add '.$note, $client->receive(30));
            }
        }
    }

    /**
     * @return array{memory: int, largestUnitOfWork: int, transactions: int, notes: int, warnings: list<string>}
     */
    private function stats(WsClient $client): array
    {
        return json_decode(self::ask($client, 'stats'), true, flags: \JSON_THROW_ON_ERROR);
    }

    private static function ask(WsClient $client, string $message): string
    {
        $client->send($message);

        return (string) $client->receive(30);
    }
}
