<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Ratchet;

use Ratchet\ConnectionInterface;
use Ratchet\MessageComponentInterface;

/**
 * The chat of Ratchet's tutorial (socketo.me, "Hello World!"), with what else components do to their connections.
 */
final class Chat implements MessageComponentInterface
{
    protected $clients;

    /** @var list<string> */
    public $log = [];

    public function __construct()
    {
        $this->clients = new \SplObjectStorage();
    }

    public function onOpen(ConnectionInterface $conn)
    {
        // Store the new connection to send messages to later
        $this->clients->attach($conn);
        parse_str($conn->httpRequest->getUri()->getQuery(), $query);
        $conn->name = $query['name'] ?? 'nobody';
        $this->log[] = "open {$conn->name} from {$conn->remoteAddress}";
    }

    public function onMessage(ConnectionInterface $from, $msg)
    {
        if ('throw' === $msg) {
            throw new \DomainException('asked to throw');
        }

        if ('fail' === $msg) {
            throw new \TypeError('asked to fail');
        }

        if ('bye' === $msg) {
            $from->close();

            return;
        }

        foreach ($this->clients as $client) {
            if ($from !== $client) {
                // The sender is not the receiver, send to each client connected
                $client->send(sprintf('%s: %s', $from->name, $msg));
            }
        }
    }

    public function onClose(ConnectionInterface $conn)
    {
        // The connection is closed, remove it, as we can no longer send it messages
        $this->clients->detach($conn);
        $conn->send('into the void');
        $this->log[] = "close {$conn->name}, ".\count($this->clients).' left';
    }

    public function onError(ConnectionInterface $conn, \Exception $e)
    {
        $this->log[] = 'error '.$e->getMessage();
        $conn->close();
    }
}
