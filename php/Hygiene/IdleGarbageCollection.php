<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;

/**
 * Collects cycles in the second after so many messages, so that it costs no message anything.
 *
 * PHP does it by itself only when 10,000 candidates have come together, which in a server that handles little may take
 * days; until then they hold what they point at, as connections and result sets.
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
