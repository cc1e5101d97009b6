<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * Collects cycles every so many events.
 *
 * PHP does it by itself only when 10,000 candidates have come together, which in a server that handles little may take
 * days; until then they hold what they point at, as connections and result sets.
 */
final class GarbageCollection implements AfterEventInterface
{
    private int $events = 0;

    /**
     * @param positive-int $every events
     */
    public function __construct(private readonly int $every = 1000)
    {
    }

    public function afterEvent(): void
    {
        if (++$this->events >= $this->every) {
            $this->events = 0;
            gc_collect_cycles();
        }
    }
}
