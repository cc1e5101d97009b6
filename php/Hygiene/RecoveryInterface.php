<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * Knows failures that are over once something has been mended, as a database connection that was lost.
 */
interface RecoveryInterface
{
    /**
     * Mends what the failure points at, and may wait for it within its own bounds.
     *
     * @return bool whether the event that failed may be handled once more
     */
    public function recover(\Throwable $error): bool;
}
