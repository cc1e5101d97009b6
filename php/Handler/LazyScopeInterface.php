<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * A scope that sets itself up when somebody asks for what it provides: most messages are handled without that anybody asks
 * who sent them, and two calls for each cost more than the handler's.
 *
 * While it is lazy, enter() is called for the opening, the close and errors, but not for messages: for those leave() is
 * called, and only when CurrentEvent::$touched was set. Lazy scopes are the outermost.
 */
interface LazyScopeInterface extends ScopeInterface
{
    /**
     * Called once, before the first event.
     *
     * @return bool false: enter and leave it for each event, as any other scope
     */
    public function follow(CurrentEvent $current): bool;

    /** The connection gets another identity, by Connection::authenticate(), when this has returned. */
    public function identityChanges(Session $session): void;
}
