<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\Runner;

final class TimeLimit extends Listener
{
    /** @param positive-int $seconds since the server listens, kept to about a second */
    public function __construct(private readonly int $seconds)
    {
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        if ($progress->uptime >= $this->seconds) {
            $runner->stop(sprintf('time limit of %d s reached', $this->seconds));
        }
    }
}
