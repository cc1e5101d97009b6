<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handshake;
use Ferry\Identity;

/**
 * Lets in who has a ticket: in the query parameter "ticket", or where a token would be.
 */
final class TicketAdmission implements AdmissionInterface
{
    public const PARAMETER = 'ticket';

    public function __construct(private readonly TicketRedeemer $redeemer, private readonly string $parameter = self::PARAMETER)
    {
    }

    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null
    {
        $ticket = $handshake->query[$this->parameter] ?? null;

        if (null === $ticket && null !== $handshake->token && TicketCodec::isTicket($handshake->token)) {
            $ticket = $handshake->token;
        }

        if (null === $ticket) {
            return null;
        }

        return (\is_string($ticket) ? $this->redeemer->redeem($ticket) : null) ?? 401;
    }
}
