<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * State that belongs to the event being handled and is kept where one event at a time has room: the token storage, the
 * current request. With the server's option "fibers" a handler that waits makes room for others, so its state is taken away
 * meanwhile. A scope that implements this needs no registration; other services are tagged "ferry.suspendable".
 */
interface SuspendableInterface
{
    /**
     * The handler is suspended: gives its state, and leaves what is there between two events. Also called where nothing was
     * set up.
     *
     * @return mixed may be given to resume() more than once: a task that the handler has started begins with the same
     */
    public function suspend(): mixed;

    /** The handler goes on. */
    public function resume(mixed $state): void;
}
