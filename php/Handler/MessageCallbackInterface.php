<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;

/**
 * A handler that gives the server something to call in place of its onMessage(), for one call less per message.
 *
 * @internal
 */
interface MessageCallbackInterface
{
    /**
     * @return \Closure(Connection, string, bool): void does what onMessage() does
     */
    public function messageCallback(): \Closure;
}
