<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Handshake;
use Ferry\Identity;

/**
 * Decides about a connection before the upgrade, when its handler is known. A handler class may implement it, too, for its
 * own connections; it is asked last.
 */
interface AdmissionInterface
{
    /**
     * @param array<string, ?string> $route     values of the path's placeholders
     * @param ?Identity              $identity  what an earlier admission has found; null: what the token says (Handshake::identity())
     *
     * @return Identity|bool|int|null true or null: no objection; an Identity: no objection, and this is who it is; false (403)
     *                                or a status from 400 to 599: refused
     */
    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null;
}
