<?php

declare(strict_types=1);

namespace Ferry\Publish\Commit;

/**
 * Knows whether a database transaction is open.
 */
interface CommitHookInterface
{
    /**
     * Keeps the work for the moment after the commit of the outermost transaction; a rollback drops it. What it throws then is
     * reported and does not undo the commit.
     *
     * @param \Closure(): mixed $work
     *
     * @return bool false: no transaction is open, nothing was kept and the caller does it at once
     */
    public function afterCommit(\Closure $work): bool;
}
