<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * Handles messages of one type, all other messages, or frames as they are.
 *
 *     #[OnMessage('say')]        {"type": "say", ...}
 *     #[OnMessage]               messages that no other method handles
 *     #[OnMessage(raw: true)]    binary frames; text frames too when it is the only #[OnMessage] of the class
 *
 * What the method returns is sent to the client: arrays and objects as JSON, strings as they are, null not at all.
 */
#[\Attribute(\Attribute::TARGET_METHOD | \Attribute::IS_REPEATABLE)]
final class OnMessage
{
    /**
     * @param ?string $type  the message's "type"; null: whatever no other method handles
     * @param bool    $raw   take the frame without decoding it; not together with a type
     * @param bool    $async waits for others, see AsWsHandler
     */
    public function __construct(
        public readonly ?string $type = null,
        public readonly bool $raw = false,
        public readonly bool $async = false,
    ) {
    }
}
