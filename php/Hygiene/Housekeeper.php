<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Psr\Log\LoggerInterface;

/**
 * Does the chores around each event that keep a process healthy which lives for weeks, in the order given.
 *
 * A chore that fails is logged, and the others are done: a service that cannot be reset must not cost a message.
 */
final class Housekeeper extends Listener
{
    /** @var list<BeforeEventInterface> */
    private readonly array $before;

    /** @var list<AfterEventInterface> */
    private readonly array $after;

    /** @var list<AfterEventInterface> */
    private readonly array $afterBatch;

    /** The chores of the batch that is being handled are arranged for. */
    private bool $inBatch = false;

    /**
     * @param iterable<BeforeEventInterface|AfterEventInterface> $chores     done around each event
     * @param iterable<AfterEventInterface>                      $afterBatch done once when the events that have arrived together
     *                                                                       are handled, at most 256
     */
    public function __construct(iterable $chores, iterable $afterBatch = [], private readonly ?LoggerInterface $logger = null)
    {
        $before = $after = [];

        foreach ($chores as $chore) {
            if ($chore instanceof BeforeEventInterface) {
                $before[] = $chore;
            }

            if ($chore instanceof AfterEventInterface) {
                $after[] = $chore;
            }
        }

        $this->before = $before;
        $this->after = $after;
        $this->afterBatch = [...$afterBatch];
    }

    public function watchesTime(): bool
    {
        return false;
    }

    public function watchesBeginnings(): bool
    {
        return [] !== $this->before;
    }

    public function handling(Runner $runner, string $event): void
    {
        $now = hrtime(true) / 1e9;

        foreach ($this->before as $chore) {
            try {
                $chore->beforeEvent($now);
            } catch (\Throwable $e) {
                $this->report($chore, $e);
            }
        }
    }

    public function handled(Runner $runner, string $event, float $seconds): void
    {
        // clean() would do it, for a call more per event.
        $done = 0;

        try {
            foreach ($this->after as $done => $chore) {
                $chore->afterEvent();
            }
        } catch (\Throwable $e) {
            $this->report($this->after[$done], $e);
            $this->clean(\array_slice($this->after, $done + 1));
        }

        if ([] !== $this->afterBatch && !$this->inBatch) {
            $this->inBatch = true;
            $runner->defer(function (): void {
                $this->inBatch = false;
                $this->clean($this->afterBatch);
            });
        }
    }

    public function stopped(Runner $runner, ?string $reason): void
    {
        // A timer that was still to come went with its server.
        if ($this->inBatch) {
            $this->inBatch = false;
            $this->clean($this->afterBatch);
        }
    }

    /**
     * @param list<AfterEventInterface> $chores
     */
    private function clean(array $chores): void
    {
        foreach ($chores as $chore) {
            try {
                $chore->afterEvent();
            } catch (\Throwable $e) {
                $this->report($chore, $e);
            }
        }
    }

    private function report(object $chore, \Throwable $error): void
    {
        if (null === $this->logger) {
            error_log(sprintf('Ferry: %s failed: %s', $chore::class, $error->getMessage()));

            return;
        }

        $this->logger->error('{chore} failed: {message}', ['chore' => $chore::class, 'message' => $error->getMessage(), 'exception' => $error]);
    }
}
