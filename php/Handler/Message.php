<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * One message of a client, decoded unless its handler takes frames as they are.
 */
final class Message
{
    /**
     * @param string          $payload the frame as it came
     * @param ?string         $type    null in messages without a type and in raw frames
     * @param mixed           $data    the field "data", or without it all other fields; null in raw frames
     * @param string|int|null $id      asks for a reply with the same id
     */
    public function __construct(
        public readonly string $payload,
        public readonly bool $binary = false,
        public readonly ?string $type = null,
        public readonly mixed $data = null,
        public readonly string|int|null $id = null,
    ) {
    }
}
