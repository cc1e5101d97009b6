<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

final class PostgreSql extends DatabaseServer
{
    protected function create(): void
    {
        $this->execute([$this->program('initdb'), '-D', $this->dir.'/data', '-U', 'ferry', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8']);
    }

    protected function command(): array
    {
        return [$this->program('postgres'), '-D', $this->dir.'/data', '-k', $this->dir, '-h', '', '-F'];
    }

    /** "Fast shutdown". */
    protected function stopSignal(): int
    {
        return \SIGINT;
    }

    public function url(): string
    {
        return 'postgresql://ferry@localhost/postgres?host='.rawurlencode($this->dir);
    }

    public function pdo(): \PDO
    {
        return new \PDO('pgsql:host='.$this->dir.';dbname=postgres;user=ferry');
    }

    private function program(string $name): string
    {
        $found = glob('/usr/lib/postgresql/*/bin/'.$name);

        return [] === $found || false === $found ? $name : end($found);
    }
}
