<?php

declare(strict_types=1);

namespace Ferry\Bridge\Ratchet;

use Ferry\Bridge\Psr7\HandshakeRequest;
use Ferry\Connection;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\RequestInterface;
use Ratchet\ConnectionInterface;
use Ratchet\RFC6455\Messaging\FrameInterface;
use Ratchet\RFC6455\Messaging\MessageInterface;

/**
 * A connection as Ratchet's components know it: one object per connection, usable as a key of SplObjectStorage, with
 * properties of the component's own.
 *
 * @property RequestInterface $httpRequest the handshake; made when it is first asked for
 */
#[\AllowDynamicProperties]
final class RatchetConnection implements ConnectionInterface
{
    // Opcodes of RFC 6455 section 5.2.
    private const BINARY = 2;
    private const CLOSE = 8;
    private const PING = 9;
    private const PONG = 10;

    public string $remoteAddress;

    private RequestInterface $httpRequestValue;

    /**
     * @param int $resourceId unique among the connections of one server
     */
    public function __construct(
        private readonly Connection $connection,
        public int $resourceId,
        private readonly ?RequestFactoryInterface $requests = null,
    ) {
        $this->remoteAddress = $connection->remoteAddress;
    }

    public function __get(string $name): mixed
    {
        if ('httpRequest' === $name) {
            return $this->httpRequestValue ??= HandshakeRequest::of($this->connection->handshake(), $this->requests);
        }

        trigger_error(sprintf('Undefined property: %s::$%s', self::class, $name), \E_USER_WARNING);

        return null;
    }

    public function __isset(string $name): bool
    {
        return 'httpRequest' === $name;
    }

    /**
     * @param mixed $data what Ratchet takes: a string, something that becomes one, a frame or a message
     *
     * @return $this
     */
    public function send($data)
    {
        if ($data instanceof FrameInterface) {
            $this->sendFrame($data);
        } elseif ($data instanceof MessageInterface) {
            $this->connection->send($data->getPayload(), $data->isBinary());
        } else {
            $this->connection->send((string) $data);
        }

        return $this;
    }

    /**
     * @param mixed $code a close code, or a close frame
     */
    public function close($code = 1000): void
    {
        if ($code instanceof FrameInterface) {
            $payload = $code->getPayload();
            [$code, $reason] = \strlen($payload) < 2 ? [1000, ''] : [unpack('n', $payload)[1], substr($payload, 2)];
            $this->connection->close($code, $reason);
        } else {
            $this->connection->close((int) $code);
        }
    }

    /** The connection itself: its rooms, its identity. */
    public function ferry(): Connection
    {
        return $this->connection;
    }

    private function sendFrame(FrameInterface $frame): void
    {
        match ($frame->getOpcode()) {
            self::CLOSE => $this->close($frame),
            self::PING => $this->connection->ping($frame->getPayload()),
            // The server answers pings itself.
            self::PONG => null,
            default => $this->connection->send($frame->getPayload(), self::BINARY === $frame->getOpcode()),
        };
    }
}
