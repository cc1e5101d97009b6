<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;

/**
 * Collects cycles in the second after so many messages. For processes without other chores: it costs no message anything.
 */
final class IdleGarbageCollection extends Listener
{
    private int $collectedAt = 0;

    /**
     * @param positive-int $every messages
     */
    public function __construct(private readonly int $every = 1000)
    {
    }

    public function started(Runner $runner, string $address): void
    {
        $this->collectedAt = 0;
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        if ($progress->messagesIn - $this->collectedAt >= $this->every) {
            $this->collectedAt = $progress->messagesIn;
            gc_collect_cycles();
        }
    }
}
