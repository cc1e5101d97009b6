<?php

declare(strict_types=1);

namespace Ferry\Tests\Doctrine;

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\Platforms\SqlitePlatform;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Ferry\Bridge\Doctrine\OpenServices;
use Ferry\Bridge\Doctrine\OpenTransactionWatch;
use Ferry\Bridge\Doctrine\PingIdleConnections;
use Ferry\Bridge\Doctrine\ReconnectAfterLoss;
use Ferry\Bridge\Doctrine\ResetClosedManagers;
use Ferry\Bridge\Doctrine\RollBackOpenTransactions;
use Ferry\Tests\Fixtures\Doctrine\Registry;
use Ferry\Tests\Fixtures\RecordingLogger;
use PHPUnit\Framework\TestCase;

final class ChoresTest extends TestCase
{
    private const URL = 'sqlite:///:memory:';

    public function testNothingIsMadeThatNobodyHasUsed(): void
    {
        $registry = $this->createMock(ManagerRegistry::class);
        $registry->method('getManagerNames')->willReturn(['a' => 'manager.a', 'b' => 'manager.b']);
        $registry->method('getConnectionNames')->willReturn(['a' => 'connection.a']);
        $registry->expects(self::once())->method('getManager')->with('b')->willReturn($manager = $this->createMock(EntityManagerInterface::class));
        $registry->expects(self::never())->method('getConnection');
        $services = new OpenServices($registry, static fn (string $id): bool => 'manager.b' === $id);

        self::assertSame(['b' => $manager], iterator_to_array($services->managers()));
        self::assertSame([], iterator_to_array($services->connections()));
    }

    public function testConnectionIsAskedOnlyAfterIdling(): void
    {
        [$connection, $asked] = $this->connection();
        $ping = new PingIdleConnections($this->services($connection), 30);
        $counts = [];

        foreach ([1000.0, 1029.9, 1030.0, 1031.0, 1059.9, 1060.0, 1200.0] as $now) {
            $ping->beforeEvent($now);
            $counts[] = \count($asked);
        }

        self::assertSame([0, 0, 1, 1, 1, 2, 3], $counts);
    }

    public function testConnectionThatTheLastEventOpenedIsAskedWhenItIdledSince(): void
    {
        $connected = false;
        [$connection, $asked] = $this->connection($connected);
        $ping = new PingIdleConnections($this->services($connection), 30);
        $ping->beforeEvent(1000.0);
        $connected = true;
        $ping->beforeEvent(1040.0);

        self::assertCount(1, $asked);
    }

    public function testConnectionThatDoesNotAnswerIsClosed(): void
    {
        [$connection] = $this->connection(alive: false);
        $connection->expects(self::once())->method('close');

        (new PingIdleConnections($this->services($connection), 0))->beforeEvent(1000.0);
    }

    public function testClosedManagerIsReplaced(): void
    {
        $registry = new Registry(self::URL);
        $closed = $registry->getManager();
        $closed->close();
        (new ResetClosedManagers(new OpenServices($registry)))->afterEvent();

        self::assertNotSame($closed, $manager = $registry->getManager());
        self::assertTrue($manager->isOpen());

        (new ResetClosedManagers(new OpenServices($registry)))->afterEvent();
        self::assertSame($manager, $registry->getManager(), 'an open one stays');
    }

    public function testAllLevelsOfATransactionAreRolledBack(): void
    {
        $registry = new Registry(self::URL);
        $logger = new RecordingLogger();
        $registry->connection->beginTransaction();
        $registry->connection->beginTransaction();
        (new RollBackOpenTransactions(new OpenServices($registry), $logger))->afterEvent();

        self::assertFalse($registry->connection->isTransactionActive());
        self::assertSame([['name' => 'default', 'levels' => 2]], array_column($logger->records, 2));
    }

    public function testTransactionThatDoctrineBeginsByItselfIsNoReasonToWarn(): void
    {
        $registry = new Registry(self::URL);
        $logger = new RecordingLogger();
        $registry->connection->setAutoCommit(false);
        $registry->connection->executeStatement('CREATE TABLE t (a INT)');
        (new RollBackOpenTransactions(new OpenServices($registry), $logger))->afterEvent();

        self::assertSame([], $logger->records);
        self::assertSame(1, $registry->connection->getTransactionNestingLevel());
    }

    public function testHandlerThatWaitsWithItsTransactionOpenIsWarnedOfOnceAMinute(): void
    {
        $registry = new Registry(self::URL);
        $logger = new RecordingLogger();
        $watch = new OpenTransactionWatch(new OpenServices($registry), $logger);
        $watch->suspend();
        self::assertSame([], $logger->records);

        $registry->connection->beginTransaction();
        $watch->suspend();
        $watch->suspend();
        self::assertSame([['name' => 'default']], array_column($logger->records, 2));
        self::assertTrue($registry->connection->isTransactionActive());
    }

    public function testConnectionThatCannotRollBackIsClosed(): void
    {
        [$connection] = $this->connection();
        $connection->method('isTransactionActive')->willReturn(true);
        $connection->method('isAutoCommit')->willReturn(true);
        $connection->method('getTransactionNestingLevel')->willReturn(1);
        $connection->method('rollBack')->willThrowException(new \PDOException('server has gone away'));
        $connection->expects(self::once())->method('close');

        (new RollBackOpenTransactions($this->services($connection)))->afterEvent();
    }

    public function testDatabaseThatStaysAwayIsWaitedForOnlySoLong(): void
    {
        [$connection] = $this->connection(alive: false);
        $pauses = [];
        $recovery = new ReconnectAfterLoss($this->services($connection), 0.2, null, static function (float $pause) use (&$pauses): void {
            $pauses[] = $pause;
            usleep((int) ($pause * 1e6));
        });

        self::assertFalse($recovery->recover(self::lost()));
        self::assertSame(0.05, $pauses[0]);
        self::assertLessThanOrEqual(0.2, array_sum($pauses));
    }

    public function testOtherFailuresAreNotRecovered(): void
    {
        [$connection, $asked] = $this->connection();
        $recovery = new ReconnectAfterLoss($this->services($connection));

        self::assertFalse($recovery->recover(new \DomainException('server has gone away')));
        self::assertCount(0, $asked);
        self::assertFalse($recovery->recover(self::lost()), 'all connections that Doctrine has are alive: another one was lost');
    }

    private static function lost(): \PDOException
    {
        $error = new \PDOException('SQLSTATE[HY000]: General error: 2006 MySQL server has gone away');
        $error->errorInfo = ['HY000', 2006, 'MySQL server has gone away'];

        return $error;
    }

    private function services(Connection $connection): OpenServices
    {
        $registry = $this->createMock(ManagerRegistry::class);
        $registry->method('getManagerNames')->willReturn([]);
        $registry->method('getConnectionNames')->willReturn(['default' => 'connection']);
        $registry->method('getConnection')->willReturn($connection);

        return new OpenServices($registry);
    }

    /**
     * @return array{Connection&\PHPUnit\Framework\MockObject\MockObject, \ArrayObject<int, string>} and the queries it gets
     */
    private function connection(bool &$connected = true, bool $alive = true): array
    {
        $asked = new \ArrayObject();
        $real = (new Registry(self::URL))->connection;
        $connection = $this->createMock(Connection::class);
        $connection->method('getDatabasePlatform')->willReturn(new SqlitePlatform());
        $connection->method('isConnected')->willReturnCallback(static function () use (&$connected): bool { return $connected; });
        $connection->method('executeQuery')->willReturnCallback(static function (string $sql) use ($asked, $real, $alive) {
            $asked[] = $sql;

            return $alive ? $real->executeQuery($sql) : throw new \Doctrine\DBAL\Exception\ConnectionLost(self::driverException(), null);
        });

        return [$connection, $asked];
    }

    private static function driverException(): \Doctrine\DBAL\Driver\Exception
    {
        return new class('gone') extends \Exception implements \Doctrine\DBAL\Driver\Exception {
            public function getSQLState(): ?string
            {
                return 'HY000';
            }
        };
    }
}
