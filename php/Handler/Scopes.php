<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Event\MessageReceived;
use Ferry\Middleware\Envelope;

/**
 * The scopes around each event.
 *
 * @internal
 */
final class Scopes implements SuspendableInterface
{
    /** @var list<ScopeInterface> */
    public array $ordinary = [];

    /** @var list<LazyScopeInterface> outside of the others */
    public array $lazy = [];

    /** @var list<ScopeInterface> */
    private readonly array $all;

    /** How many of the ordinary ones. */
    private int $entered = 0;

    /**
     * @param iterable<ScopeInterface> $scopes outermost first
     */
    public function __construct(iterable $scopes, private readonly CurrentEvent $current)
    {
        foreach ($scopes as $scope) {
            if ($scope instanceof LazyScopeInterface && $scope->follow($this->current)) {
                $this->lazy[] = $scope;
            } else {
                $this->ordinary[] = $scope;
            }
        }

        $this->all = [...$this->lazy, ...$this->ordinary];
    }

    /**
     * The scopes stay entered, and those that keep state where one event has room are suspended themselves.
     *
     * @return array{Envelope|MessageReceived|Session|null, string, bool, int}
     */
    public function suspend(): array
    {
        $state = [$this->current->subject, $this->current->frame, $this->current->touched, $this->entered];
        $this->resume([null, '', false, 0]);

        return $state;
    }

    public function resume(mixed $state): void
    {
        [$this->current->subject, $this->current->frame, $this->current->touched, $this->entered] = $state;
    }

    /**
     * @param \Closure(Envelope): void $inside
     *
     * @throws \Throwable
     */
    public function enclose(Envelope $envelope, \Closure $inside): void
    {
        $error = null;
        $this->current->subject = $envelope;

        try {
            foreach ($this->lazy as $scope) {
                $scope->enter($envelope);
            }

            $this->enter($envelope);
            $inside($envelope);
        } catch (\Throwable $error) {
            throw $error;
        } finally {
            $this->current->subject = null;
            $this->current->touched = true;

            if (null !== $failure = $this->leave($envelope, $error)) {
                throw $failure;
            }
        }
    }

    /**
     * Enters the ordinary ones.
     *
     * @throws \Throwable that of the first which throws: leave() then leaves those before it
     */
    public function enter(Envelope $envelope): void
    {
        // Whoever is entered is left.
        $this->current->touched = true;

        foreach ($this->ordinary as $scope) {
            $scope->enter($envelope);
            ++$this->entered;
        }
    }

    /**
     * All of them are left, whatever happens: a user that stayed would be the next connection's.
     *
     * @return ?\Throwable the first that one of them has thrown
     */
    public function leave(Envelope $envelope, ?\Throwable $error): ?\Throwable
    {
        $failure = null;
        $left = \count($this->lazy) + $this->entered;
        $this->current->touched = false;
        $this->entered = 0;

        while ($left-- > 0) {
            try {
                $this->all[$left]->leave($envelope, $error);
            } catch (\Throwable $late) {
                $failure ??= $late;
            }
        }

        return $failure;
    }
}
