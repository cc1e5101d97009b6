<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\Runner;

final class MessageLimit extends Listener
{
    private int $handled = 0;

    /** @param positive-int $limit messages */
    public function __construct(private readonly int $limit)
    {
    }

    public function watchesTime(): bool
    {
        return false;
    }

    public function handled(Runner $runner, string $event, float $seconds): void
    {
        if ('message' === $event && ++$this->handled >= $this->limit) {
            $runner->stop(sprintf('%d messages handled', $this->handled));
        }
    }
}
