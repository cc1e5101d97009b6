<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

final class MariaDb extends DatabaseServer
{
    protected function create(): void
    {
        $this->execute(['mariadb-install-db', '--no-defaults', '--datadir='.$this->dir.'/data', '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']);
    }

    protected function command(): array
    {
        return [
            is_file('/usr/sbin/mariadbd') ? '/usr/sbin/mariadbd' : 'mariadbd', '--no-defaults', '--datadir='.$this->dir.'/data', '--socket='.$this->socket(),
            '--pid-file='.$this->dir.'/pid', '--skip-networking', '--skip-grant-tables', '--innodb-buffer-pool-size=16M', '--innodb-flush-log-at-trx-commit=2',
        ];
    }

    protected function stopSignal(): int
    {
        return \SIGTERM;
    }

    public function url(): string
    {
        return 'mysql://root@localhost/mysql?unix_socket='.rawurlencode($this->socket()).'&charset=utf8mb4&serverVersion=mariadb-10.11.0';
    }

    public function pdo(): \PDO
    {
        return new \PDO('mysql:unix_socket='.$this->socket().';dbname=mysql', 'root');
    }

    private function socket(): string
    {
        return $this->dir.'/socket';
    }
}
