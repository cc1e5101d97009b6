<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Middleware\Envelope;

/**
 * Finds what an argument of a handler's method is called with.
 *
 * compile() is asked once per argument when the server starts; what it returns runs for every call. So everything that
 * only depends on the signature (attributes, types, services to use) belongs before the closure, not into it.
 */
interface ValueResolverInterface
{
    /**
     * @return (\Closure(Envelope): mixed)|null null: not an argument of this resolver, the next one is asked. The closure
     *                                          throws a RefusalInterface when the client's message is to blame
     */
    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure;
}
