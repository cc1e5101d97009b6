<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Connection;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Exception\PublishException;
use Ferry\Exception\PublishRefusedException;
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
        // A batch that cannot be encoded is refused before its first event goes out.
        Json::encode($publications);
        $reached = [];
        $begun = 0;

        try {
            foreach ($publications as $publication) {
                $except = null === $publication->except ? [] : [$publication->except];
                $count = 0;

                foreach (null === $publication->user ? $publication->rooms : [] as $room) {
                    $count += $server->room($room)->publish($publication->event, $publication->data, $except);
                    // From here on a failure has delivered something.
                    $begun = \count($reached) + 1;
                }

                $reached[] = null === $publication->user ? $count : $server->publishToUser($publication->user, $publication->event, $publication->data);
                $begun = \count($reached);
            }
        } catch (\Throwable $e) {
            throw self::failed($e, match (true) {
                0 === $begun => 'nothing was delivered',
                $begun > \count($reached) => sprintf('of %d events %d were delivered before, and the next one to some of its rooms', \count($publications), \count($reached)),
                default => sprintf('of %d events %d were delivered before', \count($publications), \count($reached)),
            });
        }

        return $reached;
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        if ($transport = $this->other()) {
            return $transport->disconnect($userIdentifier, $code, $reason);
        }

        $server = $this->server();

        try {
            return $server->disconnectUser($userIdentifier, $code, $reason);
        } catch (\Throwable $e) {
            throw self::failed($e, 'nobody was disconnected');
        }
    }

    public function connections(?string $room): array
    {
        if ($transport = $this->other()) {
            return $transport->connections($room);
        }

        $server = $this->server();

        try {
            $list = null === $room ? $server->connections() : $server->room($room)->connections();

            return array_map(static fn (Connection $connection): array => [
                'id' => $connection->id,
                'user' => $connection->identity()?->userIdentifier,
                'remoteAddress' => $connection->remoteAddress,
                'rooms' => $connection->rooms(),
                'connectedAt' => $connection->connectedAt(),
            ], $list);
        } catch (\Throwable $e) {
            throw self::failed($e, 'there is no list');
        }
    }

    /**
     * As the control endpoint answers it: what is wrong with an argument is a refusal.
     *
     * @param string $done what was done by then
     */
    private static function failed(\Throwable $e, string $done): PublishException
    {
        return $e instanceof InvalidArgumentException
            ? new PublishRefusedException(422, 'malformed', $e->getMessage().'; '.$done)
            : new PublishException(sprintf('%s (%s)', rtrim($e->getMessage(), '.'), $done), 0, $e);
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
