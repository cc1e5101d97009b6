<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Ferry\Handshake;
use Ferry\HandshakeHandlerInterface;
use Ferry\Identity;

/**
 * An EchoHandler that decides by path who comes in.
 */
final class DoorHandler extends EchoHandler implements HandshakeHandlerInterface
{
    public function onHandshake(Handshake $handshake): Identity|bool|int|null
    {
        return match ($handshake->path) {
            '/forbidden' => false,
            '/teapot' => 418,
            '/alice' => new Identity('alice'),
            default => null,
        };
    }
}
