<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

/**
 * A firewall lets a handshake not in.
 */
final class HandshakeRefusedException extends \RuntimeException
{
    /**
     * @param int $status 400 to 599
     */
    public function __construct(public readonly int $status, string $message = '', ?\Throwable $previous = null)
    {
        parent::__construct($message, 0, $previous);
    }
}
