<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Ferry\Publish\Commit\CommitHookInterface;
use Psr\Log\LoggerInterface;
use Psr\Log\NullLogger;

/**
 * Work that waits for a commit. TransactionMiddleware tells it what the connections do.
 *
 * With several connections the work waits until all their transactions have ended, and is dropped when one is rolled back.
 */
final class TransactionHook implements CommitHookInterface
{
    /** Work that waits, at most: more is done at once, as if nobody had asked to wait. */
    private const MAX_WAITING = 100_000;

    private int $open = 0;

    /** @var list<\Closure(): mixed> */
    private array $waiting = [];

    private readonly LoggerInterface $logger;

    public function __construct(?LoggerInterface $logger = null)
    {
        $this->logger = $logger ?? new NullLogger();
    }

    public function afterCommit(\Closure $work): bool
    {
        if (0 === $this->open || \count($this->waiting) >= self::MAX_WAITING) {
            return false;
        }

        $this->waiting[] = $work;

        return true;
    }

    /** @internal */
    public function begun(): void
    {
        ++$this->open;
    }

    /** @internal */
    public function committed(): void
    {
        if (0 === $this->open || 0 !== --$this->open) {
            return;
        }

        [$waiting, $this->waiting] = [$this->waiting, []];

        foreach ($waiting as $work) {
            try {
                $work();
            } catch (\Throwable $e) {
                $this->logger->error('What was to be published after a commit was not: {message}', ['message' => $e->getMessage(), 'exception' => $e]);
            }
        }
    }

    /** @internal */
    public function rolledBack(): void
    {
        $this->open = max(0, $this->open - 1);
        $this->waiting = [];
    }
}
