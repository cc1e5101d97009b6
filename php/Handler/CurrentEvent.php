<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Middleware\Envelope;

/**
 * The event that is being handled, for what is set up only when somebody asks for it, see LazyScopeInterface.
 *
 * A property without a type and not a method, because it is written twice for every message; and the base of that which
 * writes it, because that is a property less to read.
 *
 * @internal but for lazy scopes
 */
class CurrentEvent
{
    /**
     * Null between events. Written by the dispatcher.
     *
     * @var ?Envelope
     */
    public $envelope;

    /** Whether a lazy scope has something to take down when the event ends. Written by lazy scopes. */
    public bool $touched = false;
}
