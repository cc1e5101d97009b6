<?php

declare(strict_types=1);

namespace Ferry\Watch;

/**
 * Runs a command in a child process and starts it anew when files have changed: the development server's other half.
 *
 * A child that ends well ends the supervisor. One that fails is started again at the next change, as one does who has saved a
 * syntax error.
 */
final class WatchSupervisor
{
    /** The child closes its connections with 1012, so that clients come back. */
    public const RESTART_SIGNAL = \SIGUSR1;

    /** Seconds between two looks; more where looking takes long, so that it never costs over a twentieth of a core. */
    private const PAUSE = 0.3;
    private const PAUSE_PER_COST = 19;

    /** Seconds without a further change before the restart: editors and version control write several files. */
    private const QUIET = 0.1;

    private ?ChildProcess $child = null;
    private bool $stopping = false;

    /**
     * @param list<string>           $command
     * @param \Closure(string): void $say     told in a line what happens
     * @param float                  $grace   seconds that a child has to end
     */
    public function __construct(
        private readonly FileWatcher $files,
        private readonly array $command,
        private readonly \Closure $say,
        private readonly float $grace = 10.0,
    ) {
    }

    /**
     * @return int exit code of the last child
     */
    public function run(): int
    {
        ($this->say)(sprintf('Watching %d files%s.', $this->files->count(), $this->files->isTruncated() ? ' (the project has more; those are left out)' : ''));
        // Ends the pause when the child ends.
        pcntl_async_signals(true);
        pcntl_signal(\SIGCHLD, static function (): void {});

        try {
            return $this->supervise();
        } finally {
            pcntl_signal(\SIGCHLD, \SIG_DFL);
        }
    }

    /** Called from a signal handler: passes it on, and run() returns when the child has ended. */
    public function stop(int $signal): void
    {
        $this->stopping = true;
        $this->child?->signal($signal);
    }

    private function supervise(): int
    {
        $failed = false;

        while (!$this->stopping) {
            if (null === $this->child && !$failed) {
                $this->child = ChildProcess::start($this->command);
            }

            $changed = $this->pause();

            if (null !== $this->child && !$this->child->isRunning()) {
                $exitCode = (int) $this->child->exitCode();
                $this->child = null;

                if (0 === $exitCode || $this->stopping) {
                    return $exitCode;
                }

                $failed = true;
                ($this->say)(sprintf('The server has ended with code %d. Waiting for a change.', $exitCode));
            }

            if ([] !== $changed && !$this->stopping) {
                ($this->say)(sprintf('%s%s. Restarting.', $changed[0], \count($changed) > 1 ? sprintf(' and %d more have changed', \count($changed) - 1) : ' has changed'));
                $this->child?->end(self::RESTART_SIGNAL, $this->grace);
                $this->child = null;
                $failed = false;
            }
        }

        $this->child?->end(0, $this->grace);

        return $this->child?->exitCode() ?? 0;
    }

    /**
     * @return list<string> what has changed meanwhile
     */
    private function pause(): array
    {
        $start = microtime(true);
        $changed = $this->files->changes();
        $cost = microtime(true) - $start;

        if ([] === $changed) {
            usleep((int) (1e6 * max(self::PAUSE, self::PAUSE_PER_COST * $cost)));

            return [];
        }

        do {
            usleep((int) (1e6 * self::QUIET));
            $more = $this->files->changes();
            $changed = array_values(array_unique([...$changed, ...$more]));
        } while ([] !== $more && !$this->stopping);

        return $changed;
    }
}
