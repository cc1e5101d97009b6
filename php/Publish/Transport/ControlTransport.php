<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

/**
 * Straight to the server's control endpoint.
 */
final class ControlTransport implements TransportInterface
{
    public function __construct(private readonly ControlClient $client)
    {
    }

    public function send(array $publications): array
    {
        return Json::counts($this->client->request('POST', '/publish', Json::encode($publications)), 'messages', \count($publications));
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        $body = Json::encode(['code' => $code, 'reason' => $reason]);

        return Json::count($this->client->request('POST', '/users/'.rawurlencode($userIdentifier).'/disconnect', $body), 'disconnected');
    }

    public function connections(?string $room): array
    {
        return Json::connections($this->client->request('GET', '/connections'.(null === $room ? '' : '?room='.rawurlencode($room))));
    }
}
