<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

/**
 * A connection whose server has gone away.
 */
final class DeadPdo extends \PDO
{
    public function __construct()
    {
        parent::__construct('sqlite::memory:');
    }

    public function error(): \PDOException
    {
        $error = new \PDOException('SQLSTATE[HY000]: General error: 2006 MySQL server has gone away');
        $error->errorInfo = ['HY000', 2006, 'MySQL server has gone away'];

        return $error;
    }

    public function query(string $query, ?int $fetchMode = null, mixed ...$fetchModeArgs): \PDOStatement|false
    {
        throw $this->error();
    }

    public function prepare(string $query, array $options = []): \PDOStatement|false
    {
        throw $this->error();
    }

    public function exec(string $statement): int|false
    {
        throw $this->error();
    }

    public function rollBack(): bool
    {
        throw $this->error();
    }

    public function inTransaction(): bool
    {
        return true;
    }
}
