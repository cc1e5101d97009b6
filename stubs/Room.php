<?php

namespace Ferry;

/** A named set of connections; it exists while it has members. */
final class Room implements \Countable
{
    private function __construct() {}

    public function name(): string {}

    public function count(): int {}

    /** @return list<Connection> */
    public function connections(): array {}

    /**
     * Sends one message to every member; it is encoded once.
     *
     * @param iterable<Connection|string> $except connections or their ids
     *
     * @return int connections it was handed to
     */
    public function send(string $data, bool $binary = false, iterable $except = []): int {}

    /**
     * @param iterable<Connection|string> $except connections or their ids
     *
     * @throws \JsonException when $data cannot be encoded
     */
    public function sendJson(mixed $data, iterable $except = []): int {}

    /**
     * Sends `{"type": event, "data": data, "room": name}` to the members; it is encoded once.
     *
     * @param string                      $event  1 to 255 bytes of UTF-8
     * @param mixed                       $data   what json_encode() takes
     * @param iterable<Connection|string> $except connections or their ids
     *
     * @return int connections of this server it was handed to, or is as soon as Redis has it
     *
     * @throws Exception\RuntimeException when Redis is away and redis.queue_bytes wait for it, or the event is too large for it
     */
    public function publish(string $event, mixed $data = null, iterable $except = []): int {}
}
