<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Identity;

/**
 * The server's side of TicketIssuer.
 */
final class TicketRedeemer
{
    private readonly TicketCodec $codec;

    /** @var \Closure(): int */
    private readonly \Closure $now;

    /**
     * @param string           $secret that of the TicketIssuer
     * @param ?\Closure(): int $now    Unix time; for tests
     */
    public function __construct(#[\SensitiveParameter] string $secret, private readonly UsedTickets $used = new UsedTickets(), ?\Closure $now = null)
    {
        $this->codec = new TicketCodec($secret);
        $this->now = $now ?? time(...);
    }

    /**
     * @return ?Identity null for a ticket that is not ours, has expired or was used
     */
    public function redeem(#[\SensitiveParameter] string $ticket): ?Identity
    {
        $content = $this->codec->decode($ticket);
        $now = ($this->now)();
        [$user, $nonce, $expiresAt] = [$content['u'] ?? null, $content['n'] ?? null, $content['e'] ?? null];

        if (!\is_string($user) || !\is_string($nonce) || !\is_int($expiresAt) || $expiresAt <= $now || !$this->used->use($nonce, $expiresAt, $now)) {
            return null;
        }

        $roles = array_values(array_filter((array) ($content['r'] ?? []), 'is_string'));
        $claims = \is_array($content['c'] ?? null) ? $content['c'] : [];

        return new Identity($user, $roles, $claims, null, \is_int($content['x'] ?? null) ? $content['x'] : null);
    }
}
