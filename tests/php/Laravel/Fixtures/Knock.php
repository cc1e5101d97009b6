<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Ferry\Handshake;
use Ferry\Identity;
use Ferry\WsServer;

/**
 * Real handshakes in the process of the test: sends one, and serves until it is answered.
 */
final class Knock
{
    private readonly WsServer $server;
    private readonly string $address;

    /** @var \Closure(Handshake): (Identity|bool|int|null) */
    private \Closure $decide;

    public function __construct()
    {
        $this->server = new WsServer(['port' => 0]);
        $this->server->onHandshake(fn (Handshake $handshake): Identity|bool|int|null => ($this->decide)($handshake));
        $this->address = str_replace('ws://', 'tcp://', $this->server->listen());
    }

    /**
     * @param array<string, string>                              $headers
     * @param \Closure(Handshake): (Identity|bool|int|null) $decide
     *
     * @return int the HTTP status of the answer
     */
    public function at(string $path, array $headers, \Closure $decide): int
    {
        $this->decide = $decide;
        $socket = stream_socket_client($this->address);

        if (false === $socket) {
            throw new \RuntimeException('No connection to '.$this->address);
        }

        stream_set_blocking($socket, false);
        $lines = ["GET $path HTTP/1.1", 'Host: ws.test', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

        foreach ($headers as $name => $value) {
            $lines[] = "$name: $value";
        }

        fwrite($socket, implode("\r\n", $lines)."\r\n\r\n");
        $answer = '';
        $deadline = microtime(true) + 10;

        while (!str_contains($answer, "\r\n")) {
            if (microtime(true) > $deadline) {
                throw new \RuntimeException('The handshake was not answered.');
            }

            $this->server->poll(0.005);
            $answer .= fread($socket, 4096);
        }

        fclose($socket);

        return (int) substr($answer, 9, 3);
    }

    public function close(): void
    {
        $this->server->stop(grace: 0.2);
    }
}
