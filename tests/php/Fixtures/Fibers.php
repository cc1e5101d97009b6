<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Ferry\Handler\FiberContext;

/**
 * Runs handlers in fibers as the server does with its option "fibers", and lets the test say which one goes on.
 */
final class Fibers
{
    /** @var \SplObjectStorage<\Fiber<mixed, mixed, mixed, mixed>, array<int, mixed>> */
    private readonly \SplObjectStorage $suspended;

    public function __construct(private readonly FiberContext $context)
    {
        $this->suspended = new \SplObjectStorage();
    }

    /**
     * @param \Closure(): void $handler waits with Fiber::suspend()
     *
     * @return \Fiber<mixed, mixed, mixed, mixed>
     */
    public function start(\Closure $handler): \Fiber
    {
        $fiber = new \Fiber($handler);
        $fiber->start();
        $this->leave($fiber);

        return $fiber;
    }

    /**
     * @param \Fiber<mixed, mixed, mixed, mixed> $fiber
     */
    public function resume(\Fiber $fiber): void
    {
        $this->context->resume($this->suspended[$fiber]);
        unset($this->suspended[$fiber]);
        $fiber->resume();
        $this->leave($fiber);
    }

    private function leave(\Fiber $fiber): void
    {
        if ($fiber->isSuspended()) {
            $this->suspended[$fiber] = $this->context->suspend();
        }
    }
}
