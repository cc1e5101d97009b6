<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\WsServer;

/**
 * The state of one handler, taken away and put back as a whole, see SuspendableInterface.
 *
 * @internal
 */
final class FiberContext
{
    /**
     * @param list<SuspendableInterface> $parts outermost first
     */
    public function __construct(private readonly array $parts)
    {
    }

    public function follow(WsServer $server): void
    {
        // An extension that is older than the package has no fibers.
        if (method_exists($server, 'fiberContext')) {
            $server->fiberContext($this->suspend(...), $this->resume(...));
        }
    }

    /**
     * @return array<int, mixed> by position
     *
     * @throws \Throwable the first that a part has thrown, when all have been asked: what stayed would be the next handler's
     */
    public function suspend(): array
    {
        $states = [];
        $failure = null;

        foreach (array_reverse($this->parts, true) as $position => $part) {
            try {
                $states[$position] = $part->suspend();
            } catch (\Throwable $e) {
                $failure ??= $e;
            }
        }

        return null === $failure ? $states : throw $failure;
    }

    /**
     * @param array<int, mixed> $states
     */
    public function resume(array $states): void
    {
        foreach ($this->parts as $position => $part) {
            $part->resume($states[$position]);
        }
    }
}
