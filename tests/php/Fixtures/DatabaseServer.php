<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

/**
 * A database server of the test's own: as an unprivileged user, in a folder of its own, on a Unix socket and no port.
 */
abstract class DatabaseServer
{
    protected const SECONDS = 60;
    /** initdb and mariadbd refuse to run as root. */
    private const NOBODY = 65534;

    protected readonly string $dir;

    /** @var ?resource */
    private $process = null;

    final public function __construct()
    {
        // Short: the path of a Unix socket has at most 107 bytes.
        $this->dir = sys_get_temp_dir().'/ferry-db-'.bin2hex(random_bytes(4));
        mkdir($this->dir, 0700);

        if (0 === posix_geteuid()) {
            chown($this->dir, self::NOBODY);
            chgrp($this->dir, self::NOBODY);
        }

        try {
            $this->create();
            $this->start();
        } catch (\Throwable $e) {
            $this->__destruct();

            throw $e;
        }
    }

    public function __destruct()
    {
        $this->stop();
        exec('rm -rf '.escapeshellarg($this->dir));
    }

    /** The folder gets a database with nothing in it. */
    abstract protected function create(): void;

    /**
     * @return list<string> runs the server in the foreground
     */
    abstract protected function command(): array;

    /** As an administrator does: clients are cut off, transactions that are under way are rolled back. */
    abstract protected function stopSignal(): int;

    /** A URL as DATABASE_URL has it. */
    abstract public function url(): string;

    abstract public function pdo(): \PDO;

    public function restart(float $downFor = 0.0): void
    {
        $this->stop();
        usleep((int) ($downFor * 1e6));
        $this->start();
    }

    public function start(): void
    {
        $log = $this->dir.'/log';
        $process = proc_open([...$this->unprivileged(), ...$this->command()], [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a']], $pipes, $this->dir);

        if (false === $process) {
            throw new \RuntimeException('Cannot start '.implode(' ', $this->command()));
        }

        $this->process = $process;
        $this->wait(function (): bool {
            try {
                $this->pdo();

                return true;
            } catch (\PDOException) {
                return false;
            }
        }, 'does not come up');
    }

    public function stop(): void
    {
        if (null === $this->process) {
            return;
        }

        proc_terminate($this->process, $this->stopSignal());
        $this->wait(fn (): bool => !proc_get_status($this->process)['running'], 'does not stop');
        proc_close($this->process);
        $this->process = null;
    }

    /**
     * @param list<string> $command
     */
    protected function execute(array $command): void
    {
        exec(implode(' ', array_map('escapeshellarg', [...$this->unprivileged(), ...$command])).' 2>&1', $output, $status);

        if (0 !== $status) {
            throw new \RuntimeException(sprintf("%s failed, run \"scripts/install test\":\n%s", $command[0], implode("\n", $output)));
        }
    }

    /**
     * @return list<string>
     */
    private function unprivileged(): array
    {
        return 0 === posix_geteuid() ? ['setpriv', '--reuid='.self::NOBODY, '--regid='.self::NOBODY, '--clear-groups', '--'] : [];
    }

    /**
     * @param \Closure(): bool $reached
     */
    private function wait(\Closure $reached, string $otherwise): void
    {
        $deadline = microtime(true) + self::SECONDS;

        while (!$reached()) {
            if (microtime(true) > $deadline || null !== $this->process && 'does not come up' === $otherwise && !proc_get_status($this->process)['running']) {
                throw new \RuntimeException(sprintf("%s %s:\n%s", static::class, $otherwise, (string) @file_get_contents($this->dir.'/log')));
            }

            usleep(20_000);
        }
    }
}
