<?php

declare(strict_types=1);

/*
 * Where Ratchet is not installed: its interfaces, as cboden/ratchet 0.4.4 and ratchet/rfc6455 declare them, and as much of
 * Message and Frame as the tests need. FERRY_RATCHET=/path/vendor/autoload.php runs the tests with the real ones.
 */

namespace Ratchet {
    interface ConnectionInterface
    {
        public function send($data);

        public function close();
    }

    interface ComponentInterface
    {
        public function onOpen(ConnectionInterface $conn);

        public function onClose(ConnectionInterface $conn);

        public function onError(ConnectionInterface $conn, \Exception $e);
    }

    interface MessageInterface
    {
        public function onMessage(ConnectionInterface $from, $msg);
    }

    interface MessageComponentInterface extends ComponentInterface, MessageInterface
    {
    }
}

namespace Ratchet\WebSocket {
    use Ratchet\ComponentInterface;
    use Ratchet\ConnectionInterface;
    use Ratchet\RFC6455\Messaging\MessageInterface;

    interface WsServerInterface
    {
        public function getSubProtocols();
    }

    interface MessageCallableInterface
    {
        public function onMessage(ConnectionInterface $conn, MessageInterface $msg);
    }

    interface MessageComponentInterface extends ComponentInterface, MessageCallableInterface
    {
    }
}

namespace Ratchet\RFC6455\Messaging {
    interface DataInterface
    {
        public function getPayload(): string;
    }

    interface FrameInterface extends DataInterface
    {
        public function getOpcode(): int;
    }

    interface MessageInterface extends DataInterface
    {
        public function addFrame(FrameInterface $fragment): self;

        public function isBinary(): bool;
    }

    final class Frame implements FrameInterface
    {
        public const OP_TEXT = 1;
        public const OP_BINARY = 2;
        public const OP_CLOSE = 8;
        public const OP_PING = 9;
        public const OP_PONG = 10;

        public function __construct(private readonly ?string $payload = null, bool $final = true, private readonly int $opcode = 1)
        {
        }

        public function getPayload(): string
        {
            return (string) $this->payload;
        }

        public function getOpcode(): int
        {
            return $this->opcode;
        }
    }

    final class Message implements MessageInterface
    {
        /** @var list<FrameInterface> */
        private array $frames = [];

        public function addFrame(FrameInterface $fragment): MessageInterface
        {
            $this->frames[] = $fragment;

            return $this;
        }

        public function getPayload(): string
        {
            return implode('', array_map(static fn (FrameInterface $frame): string => $frame->getPayload(), $this->frames));
        }

        public function isBinary(): bool
        {
            return Frame::OP_BINARY === $this->frames[0]->getOpcode();
        }
    }
}
