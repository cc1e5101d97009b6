<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Hygiene;

use Ferry\Hygiene\LostConnection;
use PHPUnit\Framework\TestCase;

final class LostConnectionTest extends TestCase
{
    /**
     * @return iterable<string, array{\Throwable, bool}>
     */
    public static function errors(): iterable
    {
        yield 'PostgreSQL shut down' => [self::pdo('57P01', 7, 'FATAL:  terminating connection due to administrator command'), true];
        yield 'PostgreSQL starting' => [self::pdo('08006', 7, 'FATAL:  the database system is starting up'), true];
        yield 'PostgreSQL as PDO tells it' => [self::pdo('HY000', 7, 'no connection to the server'), true];
        yield 'MySQL gone' => [self::pdo('HY000', 2006, 'MySQL server has gone away'), true];
        yield 'MariaDB shutting down' => [self::pdo('08S01', 1053, 'Server shutdown in progress'), true];
        yield 'refused' => [self::pdo('HY000', 2002, 'Connection refused'), true];
        yield 'wrapped' => [new \RuntimeException('cannot save', 0, new \LogicException('', 0, self::pdo('HY000', 2013, 'Lost connection to MySQL server during query'))), true];
        yield 'unique' => [self::pdo('23505', 7, 'duplicate key value violates unique constraint'), false];
        yield 'MySQL unique' => [self::pdo('23000', 1062, 'Duplicate entry'), false];
        yield 'deadlock' => [self::pdo('40P01', 7, 'deadlock detected'), false];
        yield 'wrong password' => [self::pdo('28P01', 7, 'password authentication failed'), false];
        yield 'cancelled' => [self::pdo('57014', 7, 'canceling statement due to statement timeout'), false];
        yield 'SQLite' => [self::pdo('HY000', 5, 'database is locked'), false];
        yield 'not a database' => [new \RuntimeException('server has gone away'), false];
    }

    /**
     * @dataProvider errors
     */
    #[\PHPUnit\Framework\Attributes\DataProvider('errors')]
    public function testTellsALostConnectionFromOtherFailures(\Throwable $error, bool $lost): void
    {
        self::assertSame($lost, LostConnection::isCauseOf($error));
    }

    private static function pdo(string $state, int $code, string $message): \PDOException
    {
        $error = new \PDOException("SQLSTATE[$state]: $message");
        $error->errorInfo = [$state, $code, $message];

        return $error;
    }
}
