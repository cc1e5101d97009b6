<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

/**
 * A program that runs beside the test. Ended when the object goes.
 */
final class Process
{
    private const DEADLINE = 60.0;

    /** @var resource */
    private $process;

    /** @var array<int, resource> */
    private array $pipes = [];

    private string $output = '';
    private ?int $exitCode = null;

    /**
     * @param list<string>          $command
     * @param array<string, string> $environment added to that of the test
     */
    public function __construct(array $command, array $environment = [])
    {
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $this->pipes, null, $environment + getenv());

        if (false === $process) {
            throw new \RuntimeException('Cannot start '.implode(' ', $command));
        }

        $this->process = $process;
        stream_set_blocking($this->pipes[1], false);
    }

    public function __destruct()
    {
        // Killed at once, a program could not stop the programs that it has started.
        proc_terminate($this->process, \SIGTERM);
        $deadline = microtime(true) + 5;

        while (null === $this->exitCode && proc_get_status($this->process)['running']) {
            if (microtime(true) > $deadline) {
                proc_terminate($this->process, \SIGKILL);
            }

            usleep(1000);
        }
    }

    /**
     * Waits until the output, error output included, matches.
     *
     * @return array<string> the match
     */
    public function waitFor(string $pattern): array
    {
        $deadline = microtime(true) + self::DEADLINE;

        while (!preg_match($pattern, $this->output, $match)) {
            if (!$this->read($deadline)) {
                throw new \RuntimeException(sprintf("No %s in the output:\n%s", $pattern, $this->output));
            }
        }

        return $match;
    }

    public function signal(int $signal): void
    {
        proc_terminate($this->process, $signal);
    }

    /**
     * @return int the exit code; 128 and the signal's number when a signal killed it
     */
    public function waitForExit(): int
    {
        $deadline = microtime(true) + self::DEADLINE;

        // The end of the output is the end of the process and of all that inherited its output.
        while ($this->read($deadline)) {
        }

        while (null === $this->exitCode) {
            $status = proc_get_status($this->process);

            if (!$status['running']) {
                $this->exitCode = $status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'];
            } elseif (microtime(true) > $deadline) {
                throw new \RuntimeException("The process does not end. Its output:\n".$this->output);
            } else {
                usleep(1000);
            }
        }

        return $this->exitCode;
    }

    public function output(): string
    {
        return $this->output;
    }

    public function id(): int
    {
        return proc_get_status($this->process)['pid'];
    }

    /** Reads what comes next; false at the end of the output or of the time. */
    private function read(float $deadline): bool
    {
        $left = $deadline - microtime(true);

        if ($left <= 0 || feof($this->pipes[1])) {
            return false;
        }

        $read = [$this->pipes[1]];
        $none = null;
        stream_select($read, $none, $none, (int) $left, (int) (fmod($left, 1) * 1e6));
        $this->output .= stream_get_contents($this->pipes[1]);

        return true;
    }
}
