<?php

declare(strict_types=1);

namespace Ferry\Watch;

/**
 * The command of this process once more, in a child whose output is ours. Needs ext-pcntl and ext-posix.
 *
 * The child has a process group of its own: a CONTROL-C of the terminal reaches the parent alone, which passes it on once.
 */
final class ChildProcess
{
    /** Tells a child that it is one, and whose. */
    public const VARIABLE = 'FERRY_WATCHED_BY';

    private ?int $status = null;

    private function __construct(private readonly int $pid)
    {
    }

    /**
     * @param list<string> $command the program's path and its arguments
     */
    public static function start(array $command): self
    {
        $parent = getmypid();
        $pid = pcntl_fork();

        if (-1 === $pid) {
            throw new \RuntimeException('Cannot fork: '.pcntl_strerror(pcntl_get_last_error()));
        }

        if (0 === $pid) {
            posix_setpgid(0, 0);
            pcntl_exec($command[0], \array_slice($command, 1), [self::VARIABLE => (string) $parent] + getenv());
            // Nothing of the parent's may run here: no destructor, no shutdown function.
            fwrite(\STDERR, sprintf("Cannot run %s\n", $command[0]));
            posix_kill(posix_getpid(), \SIGKILL);
        }

        return new self($pid);
    }

    /**
     * How this process was started: PHP, its own arguments (-d among them), the script and its arguments.
     *
     * @return list<string>
     */
    public static function ownCommand(): array
    {
        $arguments = explode("\0", rtrim((string) @file_get_contents('/proc/self/cmdline'), "\0"));

        // Under a debugger or a wrapper the script may not be there: then what PHP knows must do.
        if (!\in_array($_SERVER['argv'][0] ?? '', $arguments, true)) {
            $arguments = [\PHP_BINARY, ...array_values($_SERVER['argv'] ?? [])];
        }

        return [\PHP_BINARY, ...\array_slice($arguments, 1)];
    }

    public static function parentOfThis(): ?int
    {
        $parent = getenv(self::VARIABLE);

        return false === $parent ? null : (int) $parent;
    }

    public function isRunning(): bool
    {
        if (null === $this->status && 0 !== $found = pcntl_waitpid($this->pid, $status, \WNOHANG)) {
            // Not there any more, nor anything to wait for: somebody else has reaped it.
            $this->status = $found === $this->pid ? (pcntl_wifexited($status) ? pcntl_wexitstatus($status) : 128 + pcntl_wtermsig($status)) : 255;
        }

        return null === $this->status;
    }

    /** 128 and the signal's number when a signal ended it, null while it runs. */
    public function exitCode(): ?int
    {
        return $this->isRunning() ? null : $this->status;
    }

    public function signal(int $signal): void
    {
        if ($this->isRunning()) {
            posix_kill($this->pid, $signal);
        }
    }

    /** Asks it to end, waits, and kills it when it has not ended in time. */
    public function end(int $signal, float $timeout): void
    {
        $this->signal($signal);
        $deadline = microtime(true) + $timeout;

        while ($this->isRunning()) {
            if (microtime(true) > $deadline) {
                $this->signal(\SIGKILL);
            }

            usleep(5_000);
        }
    }
}
