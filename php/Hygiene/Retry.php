<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * Handles an event once more when its failure could be mended, as after the restart of a database: no message is lost.
 *
 * Once more means at least once: a database that went away while it confirmed a commit has the row, and what a handler sent
 * before it failed was sent. Handlers for which that matters make their writes idempotent, as with Messenger.
 */
final class Retry
{
    /**
     * @param iterable<RecoveryInterface>    $recoveries asked in turn
     * @param ?\Closure(): mixed             $beforeRetry undoes what belongs to the failed attempt, as a user who was loaded
     */
    public function __construct(private readonly iterable $recoveries, private readonly ?\Closure $beforeRetry = null)
    {
    }

    /**
     * @template TArgument
     * @template T
     *
     * @param \Closure(TArgument): T $handle called a second time after a failure that was mended, never a third
     *
     * @return \Closure(TArgument): T
     */
    public function wrap(\Closure $handle): \Closure
    {
        return function (mixed $argument = null) use ($handle): mixed {
            try {
                return $handle($argument);
            } catch (\Throwable $e) {
                if (!$this->recover($e)) {
                    throw $e;
                }
            }

            if (null !== $this->beforeRetry) {
                ($this->beforeRetry)();
            }

            return $handle($argument);
        };
    }

    private function recover(\Throwable $error): bool
    {
        foreach ($this->recoveries as $recovery) {
            if ($recovery->recover($error)) {
                return true;
            }
        }

        return false;
    }
}
