<?php

declare(strict_types=1);

namespace Ferry\Bridge\Ratchet;

use Ferry\Connection;
use Ferry\Handshake;
use Ferry\HandshakeHandlerInterface;
use Ferry\Identity;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Psr\Http\Message\RequestFactoryInterface;
use Ratchet\ComponentInterface;
use Ratchet\MessageComponentInterface;
use Ratchet\RFC6455\Messaging\Frame;
use Ratchet\RFC6455\Messaging\Message;
use Ratchet\WebSocket\MessageComponentInterface as WebSocketMessageComponentInterface;
use Ratchet\WebSocket\WsServerInterface;

/**
 * Runs a component that was written for Ratchet, unchanged:
 *
 *     RatchetHandler::runner(new Chat(), ['port' => 8080])->run();
 *
 * It stands in for IoServer, HttpServer and WsServer. It may be extended, to serve it as a service with #[AsWsHandler].
 */
class RatchetHandler implements HandshakeHandlerInterface
{
    private const UPGRADE_REQUIRED = 426;
    private const TEXT = 1;
    private const BINARY = 2;

    /** @var array<string, RatchetConnection> by connection id */
    private array $connections = [];

    private int $lastResourceId = 0;

    /** @var list<string> */
    private readonly array $subprotocols;

    /**
     * @param ComponentInterface       $component a MessageComponentInterface, Ratchet's own or that of Ratchet\WebSocket
     * @param bool                     $strict    as WsServer::setStrictSubProtocolCheck(): without a subprotocol in common the
     *                                            client gets 426
     * @param ?RequestFactoryInterface $requests  makes httpRequest, see HandshakeRequest
     *
     * @throws \UnexpectedValueException for a component that receives no messages
     */
    public function __construct(
        private readonly ComponentInterface $component,
        private readonly bool $strict = true,
        private readonly ?RequestFactoryInterface $requests = null,
    ) {
        if (!$component instanceof MessageComponentInterface && !$component instanceof WebSocketMessageComponentInterface) {
            throw new \UnexpectedValueException(sprintf('Expected an instance of %s or %s, %s given.', MessageComponentInterface::class, WebSocketMessageComponentInterface::class, $component::class));
        }

        $this->subprotocols = $component instanceof WsServerInterface ? array_values($component->getSubProtocols()) : [];
    }

    /**
     * A runner that serves the component with its subprotocols.
     *
     * @param array<string, mixed> $options   of \Ferry\WsServer
     * @param iterable<Listener>   $listeners
     */
    final public static function runner(ComponentInterface $component, array $options = [], iterable $listeners = [], float $grace = 5.0): Runner
    {
        $handler = new self($component);

        return new Runner($handler, $options + ['subprotocols' => $handler->subprotocols()], $listeners, $grace);
    }

    /**
     * @return list<string> for the server's option "subprotocols"
     */
    final public function subprotocols(): array
    {
        return $this->subprotocols;
    }

    public function onHandshake(Handshake $handshake): Identity|bool|int|null
    {
        $wanted = [] !== $this->subprotocols || [] !== $handshake->subprotocols;

        return $this->strict && $wanted && !\in_array($handshake->subprotocol, $this->subprotocols, true) ? self::UPGRADE_REQUIRED : null;
    }

    public function onOpen(Connection $connection): void
    {
        $this->component->onOpen($this->connections[$connection->id] = new RatchetConnection($connection, ++$this->lastResourceId, $this->requests));
    }

    public function onMessage(Connection $connection, string $data, bool $binary): void
    {
        $from = $this->connections[$connection->id];

        if ($this->component instanceof WebSocketMessageComponentInterface) {
            $message = new Message();
            $message->addFrame(new Frame($data, true, $binary ? self::BINARY : self::TEXT));
            $this->component->onMessage($from, $message);
        } else {
            $this->component->onMessage($from, $data);
        }
    }

    public function onClose(Connection $connection, int $code, string $reason): void
    {
        $closed = $this->connections[$connection->id];

        try {
            $this->component->onClose($closed);
        } catch (\Throwable $error) {
            // Here and not through onError(), which comes when the connection is forgotten.
            $this->component->onError($closed, self::exception($error));
        } finally {
            unset($this->connections[$connection->id]);
        }
    }

    public function onError(?Connection $connection, \Throwable $error): void
    {
        $from = $this->connections[$connection?->id ?? ''] ?? null;

        if (null === $from) {
            // Of no connection: Ratchet has nowhere to tell it.
            throw $error;
        }

        $this->component->onError($from, self::exception($error));
    }

    /** Components take exceptions only; what else is thrown would have ended Ratchet's server. */
    private static function exception(\Throwable $error): \Exception
    {
        return $error instanceof \Exception ? $error : new \ErrorException($error->getMessage(), (int) $error->getCode(), \E_ERROR, $error->getFile(), $error->getLine(), $error);
    }
}
