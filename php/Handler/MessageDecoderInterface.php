<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Exception\RefusalInterface;

/**
 * Turns the payload of a text frame into a message.
 */
interface MessageDecoderInterface
{
    /**
     * @throws RefusalInterface when it cannot be decoded; the client gets its error frame
     */
    public function decode(string $payload): Message;
}
