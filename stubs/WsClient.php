<?php

namespace Ferry;

/** A blocking WebSocket client for tests and scripts. */
final class WsClient
{
    /**
     * @param string                $url          ws://host:port/path?query or wss://…
     * @param array<string, string> $headers      further request headers
     * @param list<string>          $subprotocols
     * @param float                 $timeout      seconds for connection and handshake
     * @param array{ca?: ?string, verify?: bool, name?: ?string} $tls for wss: a PEM file with the roots to trust (null: the
     *                                            system's), whether the certificate is checked (true), the name it must be
     *                                            for (null: the URL's host)
     *
     * @throws Exception\InvalidArgumentException for an URL, a header or a $tls that cannot be used
     * @throws Exception\ConnectionException      when refused; getCode() is the HTTP status, 0 without one
     */
    public static function connect(string $url, array $headers = [], array $subprotocols = [], float $timeout = 5.0, array $tls = []): WsClient {}

    private function __construct() {}

    /** @throws Exception\ConnectionException when the connection is gone */
    public function send(string $data, bool $binary = false): void {}

    /**
     * The next message; control frames are answered on the way.
     *
     * @return ?string null when none came in time or the connection is closed (then closeCode() is set)
     */
    public function receive(float $timeout = 5.0): ?string {}

    /** Sends a close frame and waits for the answer. */
    public function close(int $code = 1000, string $reason = '', float $timeout = 5.0): void {}

    /** The close code received, 1005 for a close frame without one, 1006 for a lost connection, null while open. */
    public function closeCode(): ?int {}

    public function closeReason(): ?string {}

    /** The subprotocol agreed on. */
    public function subprotocol(): ?string {}
}
