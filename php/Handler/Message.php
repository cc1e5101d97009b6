<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * One message of a client, decoded unless its handler takes frames as they are.
 *
 * Its properties are for reading. They are not declared so because a message is a copy of an empty one with its own values,
 * made for every frame: that takes a third of what a constructor does.
 */
final class Message
{
    /** The frame as it came. */
    public string $payload = '';

    public bool $binary = false;

    /** Null in messages without a type and in raw frames. */
    public ?string $type = null;

    /** The field "data", or without it all other fields; null in raw frames. */
    public mixed $data = null;

    /** Asks for a reply with the same id. */
    public string|int|null $id = null;

    public static function create(string $payload, ?string $type = null, mixed $data = null, string|int|null $id = null, bool $binary = false): self
    {
        $message = new self();
        $message->payload = $payload;
        $message->binary = $binary;
        $message->type = $type;
        $message->data = $data;
        $message->id = $id;

        return $message;
    }
}
