<?php

namespace Ferry;

/** The outcome of a task (`Ferry\async()`) that may not be done yet. */
final class Future
{
    private function __construct() {}

    /**
     * Waits for the outcome: in a fiber the fiber is suspended; elsewhere the call blocks, and serves fibers and servers
     * that nobody polls meanwhile. Every call gives the same outcome.
     *
     * @param ?float $timeout seconds, 0 to 31536000; null: as long as it takes
     *
     * @return mixed what the task has returned
     *
     * @throws \Throwable                          what the task has thrown
     * @throws Exception\TimeoutException          it is not done in time; it goes on
     * @throws Exception\LogicException            it can never be done: it waits for its caller, or nothing is left that
     *                                             could complete it
     * @throws Exception\RuntimeException          the task was ended before it was done: its server has stopped
     * @throws Exception\InvalidArgumentException for a timeout out of its range, NAN and INF
     */
    public function await(?float $timeout = null): mixed {}

    /** Whether the task has returned or thrown. */
    public function isComplete(): bool {}

    /**
     * Waits until all are done, or one has failed.
     *
     * @param iterable<Future> $futures
     * @param ?float           $timeout for all together, as for `await()`
     *
     * @return array<mixed> what they have returned, with the keys of $futures
     *
     * @throws \Throwable what the first one that failed has thrown, and what `await()` throws; the others go on, and what
     *                    they throw is not reported any more
     */
    public static function all(iterable $futures, ?float $timeout = null): array {}
}
