<?php

declare(strict_types=1);

namespace Ferry\Tests\Doctrine;

use Doctrine\DBAL\Configuration;
use Doctrine\DBAL\Connection;
use Doctrine\DBAL\DriverManager;
use Ferry\Bridge\Doctrine\TransactionHook;
use Ferry\Bridge\Doctrine\TransactionMiddleware;
use Ferry\Publish\AfterCommitPublisher;
use Ferry\Publish\Publisher;
use Ferry\Publish\Transport\MemoryTransport;
use PHPUnit\Framework\TestCase;

final class TransactionMiddlewareTest extends TestCase
{
    private MemoryTransport $memory;
    private AfterCommitPublisher $publisher;
    private Connection $connection;

    protected function setUp(): void
    {
        $hook = new TransactionHook();
        $configuration = new Configuration();
        $configuration->setMiddlewares([new TransactionMiddleware($hook)]);
        $this->connection = DriverManager::getConnection(['driver' => 'pdo_sqlite', 'memory' => true], $configuration);
        $this->connection->executeStatement('CREATE TABLE t (n INTEGER PRIMARY KEY)');
        $this->memory = new MemoryTransport();
        $this->publisher = new AfterCommitPublisher(new Publisher($this->memory), $hook);
    }

    public function testEventsWaitForTheCommit(): void
    {
        $this->publisher->publish('r', 'before');
        $this->connection->beginTransaction();
        $this->publisher->publish('r', 'inside');
        self::assertSame(['before'], $this->published());
        $this->connection->commit();
        self::assertSame(['before', 'inside'], $this->published());
        $this->publisher->publish('r', 'after');
        self::assertSame(['before', 'inside', 'after'], $this->published());
    }

    public function testARollbackDropsThem(): void
    {
        try {
            $this->connection->transactional(function (): void {
                $this->publisher->publish('r', 'never');
                $this->connection->executeStatement('INSERT INTO t VALUES (1)');
                $this->connection->executeStatement('INSERT INTO t VALUES (1)');
            });
            self::fail('The key is there twice');
        } catch (\Doctrine\DBAL\Exception) {
        }

        $this->publisher->publish('r', 'later');
        self::assertSame(['later'], $this->published());
    }

    public function testAnInnerTransactionIsNotTheEnd(): void
    {
        $this->connection->setNestTransactionsWithSavepoints(true);
        $this->connection->beginTransaction();
        $this->connection->beginTransaction();
        $this->publisher->publish('r', 'inner');
        $this->connection->commit();
        self::assertSame([], $this->published());
        $this->connection->commit();
        self::assertSame(['inner'], $this->published());
    }

    public function testALostConnectionTakesItsTransactionWithIt(): void
    {
        $this->connection->beginTransaction();
        $this->publisher->publish('r', 'lost');
        $this->connection->close();
        $this->publisher->publish('r', 'at once');

        self::assertSame(['at once'], $this->published());
    }

    /**
     * @return list<string>
     */
    private function published(): array
    {
        return array_column($this->memory->publications(), 'event');
    }
}
