<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Connection;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Handler\CurrentServer;
use Ferry\WsServer;

/**
 * Inside the process that serves: no socket between.
 */
final class InProcessTransport implements TransportInterface
{
    /**
     * @param ?TransportInterface $elsewhere used in processes that do not serve
     */
    public function __construct(private readonly CurrentServer $current, private readonly ?TransportInterface $elsewhere = null)
    {
    }

    public function send(array $publications): array
    {
        if ($transport = $this->other()) {
            return $transport->send($publications);
        }

        $server = $this->server();
        $reached = [];
        // A batch that cannot be encoded is refused before its first event goes out.
        Json::encode($publications);

        foreach ($publications as $publication) {
            $except = null === $publication->except ? [] : [$publication->except];
            $reached[] = null !== $publication->user
                ? $server->publishToUser($publication->user, $publication->event, $publication->data)
                : array_sum(array_map(static fn (string $room): int => $server->room($room)->publish($publication->event, $publication->data, $except), $publication->rooms));
        }

        return $reached;
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        return $this->other()?->disconnect($userIdentifier, $code, $reason) ?? $this->server()->disconnectUser($userIdentifier, $code, $reason);
    }

    public function connections(?string $room): array
    {
        if ($transport = $this->other()) {
            return $transport->connections($room);
        }

        $server = $this->server();
        $list = null === $room ? $server->connections() : $server->room($room)->connections();

        return array_map(static fn (Connection $connection): array => [
            'id' => $connection->id,
            'user' => $connection->identity()?->userIdentifier,
            'remoteAddress' => $connection->remoteAddress,
            'rooms' => $connection->rooms(),
            'connectedAt' => $connection->connectedAt(),
        ], $list);
    }

    private function server(): WsServer
    {
        return $this->current->isRunning()
            ? $this->current->get()
            : throw new PublisherUnreachableException('No WebSocket server runs in this process, and no DSN says how to reach one: configure one, such as unix:///run/ferry-control.sock');
    }

    private function other(): ?TransportInterface
    {
        return $this->current->isRunning() ? null : $this->elsewhere;
    }
}
