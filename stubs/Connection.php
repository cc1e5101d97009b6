<?php

namespace Ferry;

/**
 * One client. The same object for the connection's whole life, usable as an SplObjectStorage key; own properties are
 * allowed. After the close it stays valid and inert: sends answer `SendResult::Closed`.
 *
 * @final Extended by Ferry\Testing\FakeConnection alone: an object of another class has no connection, so whatever it does
 * not override throws.
 */
#[\AllowDynamicProperties]
class Connection
{
    /** Unique in this server's life and across restarts. */
    public readonly string $id;

    /** Client address without port, after trusted proxies; 'unix:' for a Unix socket. */
    public readonly string $remoteAddress;

    /** Unix time of the open, seconds. */
    public readonly int $connectedAt;

    private function __construct() {}

    /**
     * Queues one message. Never blocks on the client.
     *
     * @param bool $binary false: a text message, which must be UTF-8 (RFC 6455 section 5.6)
     *
     * @throws Exception\InvalidArgumentException for a text message that is not UTF-8
     */
    public function send(string $data, bool $binary = false): SendResult {}

    /**
     * Queues one text message with the JSON of $data.
     *
     * @throws \JsonException when it cannot be encoded
     */
    public function sendJson(mixed $data): SendResult {}

    /** @throws Exception\InvalidArgumentException for more than 125 bytes */
    public function ping(string $data = ''): void {}

    /**
     * Starts the closing handshake; no message of this connection arrives any more, `onClose` does.
     *
     * @param int    $code   1000 to 1003, 1007 to 1014, 3000 to 4999
     * @param string $reason at most 123 bytes of UTF-8
     *
     * @throws Exception\InvalidArgumentException for another code or reason
     */
    public function close(int $code = 1000, string $reason = ''): void {}

    public function isOpen(): bool {}

    /** Bytes handed over and not yet taken by the socket. */
    public function bufferedBytes(): int {}

    /** @throws Exception\InvalidArgumentException for a name that is not 1 to 255 bytes of UTF-8 */
    public function join(string ...$rooms): Connection {}

    public function leave(string ...$rooms): Connection {}

    /**
     * The client names the offsets that it saw last, of rooms that keep a history. What it missed goes out when it joins the
     * room, before live events; if it has joined, now: what it missed before the join. A message of type "resumed" says when it
     * is complete, or that too much time has passed. Joins nothing by itself.
     *
     * The dispatcher does this for messages of type "resume", and the server for the query parameter `since`.
     *
     * @param array<string, string> $offsets by room; what is none counts as one that is too old
     */
    public function resume(array $offsets): Connection {}

    /** @return list<string> */
    public function rooms(): array {}

    public function handshake(): Handshake {}

    public function identity(): ?Identity {}

    /** @return array<string, mixed> claims of the verified token, [] without one */
    public function claims(): array {}

    /**
     * Verifies another token with the server's `jwt` options and takes its identity and expiry.
     *
     * @throws Exception\AuthenticationException when it does not verify, or onAuthenticate() refuses it; the old identity stays
     * @throws Exception\LogicException          when the server has no `jwt` options
     */
    public function authenticate(#[\SensitiveParameter] string $jwt): Identity {}

    /** An attribute of this connection, kept as long as it lives. */
    public function get(string $key, mixed $default = null): mixed {}

    public function set(string $key, mixed $value): Connection {}
}
