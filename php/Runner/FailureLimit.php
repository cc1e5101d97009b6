<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\Runner;

final class FailureLimit extends Listener
{
    private int $failed = 0;

    /** @param positive-int $limit throwables out of the handler */
    public function __construct(private readonly int $limit)
    {
    }

    public function failed(Runner $runner, \Throwable $error): void
    {
        if (++$this->failed >= $this->limit) {
            $runner->stop(sprintf('%d failures', $this->failed));
        }
    }
}
