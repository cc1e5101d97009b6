<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Psr\Log\LoggerInterface;

/**
 * Does the chores around each event that keep a process healthy which lives for weeks, in the order given.
 *
 * Where handlers may be suspended (the server's option "fibers"), the chores are done when none is: a service that is reset
 * or an entity that is detached must not be one that a handler goes on with. When that does not come by itself, new events
 * are held back for a moment; where a handler takes longer than that, they go on, and twice as many are let pass before the
 * next try.
 *
 * A chore that fails is logged, and the others are done: a service that cannot be reset must not cost a message.
 */
final class Housekeeper extends Listener
{
    /** Events after which new ones wait until no handler is suspended. */
    private const PATIENCE = 100;

    /** Seconds that they wait at most. */
    private const HOLD = 1.0;

    /** @var list<BeforeEventInterface> */
    private readonly array $before;

    /** @var array{list<AfterEventInterface>, list<AfterEventInterface>} after each event and each batch */
    private readonly array $given;

    /** @var list<AfterEventInterface> */
    private array $after;

    /** @var list<AfterEventInterface> */
    private array $afterBatch;

    /** Events being handled: with fibers more than one, and 0 where nobody told of their beginning. */
    private int $handling = 0;

    /** Events since the chores were done last. */
    private int $putOff = 0;

    /** How many may be put off. */
    private int $patience = self::PATIENCE;

    /** The chores of the batch that is being handled are arranged for. */
    private bool $inBatch = false;

    /**
     * @param iterable<BeforeEventInterface|AfterEventInterface> $chores     done around each event
     * @param iterable<AfterEventInterface>                      $afterBatch done once when the events that have arrived together
     *                                                                       are handled, at most 256
     * @param (\Closure(): void)|null                           $pause      lets other handlers go on for a moment; null:
     *                                                                       Ferry\delay()
     */
    public function __construct(iterable $chores, iterable $afterBatch = [], private readonly ?LoggerInterface $logger = null, private readonly ?\Closure $pause = null)
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
        $this->given = [$after, [...$afterBatch]];
        [$this->after, $this->afterBatch] = $this->given;
    }

    /**
     * Whether services are reset, from the next event on; the other chores are done in any case.
     */
    public function resetServices(bool $reset): void
    {
        [$this->after, $this->afterBatch] = array_map(
            static fn (array $chores): array => array_values(array_filter($chores, static fn (AfterEventInterface $chore): bool => $reset || !$chore instanceof ServiceResetInterface)),
            $this->given,
        );
    }

    public function started(Runner $runner, string $address): void
    {
        // What was suspended when the last run ended is gone.
        $this->handling = $this->putOff = 0;
        $this->patience = self::PATIENCE;
    }

    public function watchesTime(): bool
    {
        return false;
    }

    public function watchesBeginnings(Runner $runner): bool
    {
        return [] !== $this->before || $runner->usesFibers();
    }

    public function handling(Runner $runner, string $event): void
    {
        if ($this->putOff >= $this->patience) {
            $this->awaitQuiet();
        }

        if (++$this->handling > 1 || [] === $this->before) {
            return;
        }

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
        if ($this->handling > 0 && --$this->handling > 0) {
            ++$this->putOff;

            return;
        }

        if ($this->putOff > 0) {
            $this->putOff = 0;
            $this->patience = self::PATIENCE;
        }

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

                // Otherwise the event that ends last arranges for it again.
                if (0 === $this->handling) {
                    $this->clean($this->afterBatch);
                }
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

    private function awaitQuiet(): void
    {
        $pause = $this->pause ?? (null !== \Fiber::getCurrent() && \function_exists('Ferry\delay') ? static fn () => \Ferry\delay(0.005) : null);
        $deadline = hrtime(true) + (int) (self::HOLD * 1e9);

        while (null !== $pause && $this->handling > 0 && hrtime(true) < $deadline) {
            $pause();
        }

        if ($this->handling > 0 && $this->putOff >= $this->patience) {
            $this->patience *= 2;
            $this->logger?->warning('Chores between events are put off: {handling} handlers have been suspended for long. Services keep what they hold meanwhile, and entities stay managed.', ['handling' => $this->handling]);
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
