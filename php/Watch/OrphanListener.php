<?php

declare(strict_types=1);

namespace Ferry\Watch;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;

/**
 * Stops a watched server whose supervisor is gone: killed, it could not say so.
 */
final class OrphanListener extends Listener
{
    /** @var \Closure(): int */
    private readonly \Closure $parent;

    /**
     * @param ?\Closure(): int $parent process id of the parent; for tests
     */
    public function __construct(private readonly int $supervisor, ?\Closure $parent = null)
    {
        $this->parent = $parent ?? posix_getppid(...);
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        if (($this->parent)() !== $this->supervisor) {
            $runner->stop('the process that watches has ended');
        }
    }
}
