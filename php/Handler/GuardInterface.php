<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Middleware\Envelope;

/**
 * Looks at a call of a handler's method when its arguments are known, as #[IsGranted] needs it.
 */
interface GuardInterface
{
    /**
     * Asked once per method when the server starts.
     *
     * @return (\Closure(Envelope, list<mixed>): void)|null null: nothing to check. The closure gets the arguments in the
     *                                                      order of MethodDescriptor::$arguments, and throws to refuse the call
     */
    public function compile(MethodDescriptor $method): ?\Closure;
}
