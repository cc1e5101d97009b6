<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\Runner;

/**
 * Stops before PHP's own memory_limit would, which ends the process without a word to the clients.
 */
final class MemoryLimit extends Listener
{
    private readonly \Closure $usage;

    /**
     * @param positive-int     $bytes
     * @param ?\Closure(): int $usage bytes in use; for tests
     */
    public function __construct(private readonly int $bytes, ?\Closure $usage = null)
    {
        $this->usage = $usage ?? static fn (): int => memory_get_usage(true);
    }

    public function watchesTime(): bool
    {
        return false;
    }

    public function handled(Runner $runner, string $event, float $seconds): void
    {
        $this->check($runner);
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        $this->check($runner);
    }

    private function check(Runner $runner): void
    {
        $used = ($this->usage)();

        if ($used > $this->bytes) {
            $runner->stop(sprintf('memory limit of %d bytes exceeded (%d bytes used)', $this->bytes, $used));
        }
    }
}
