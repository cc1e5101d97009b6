<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Publish;

use Ferry\Exception\PublishException;
use Ferry\Publish\PublisherInterface;
use Illuminate\Broadcasting\Broadcasters\Broadcaster;
use Illuminate\Broadcasting\Broadcasters\UsePusherChannelConventions;
use Illuminate\Broadcasting\BroadcastException;
use Illuminate\Http\Request;
use Symfony\Component\HttpKernel\Exception\AccessDeniedHttpException;

/**
 * The broadcasting driver "ferry": broadcast(new Event) to the members of rooms that are named as the channels, prefixes and all
 * ("private-orders.7"). Clients get `{"type": broadcastAs(), "data": broadcastWith(), "room": channel}`; toOthers() leaves the
 * connection out whose id came as X-Socket-ID.
 *
 * A handler lets a connection into a room; channel callbacks in routes/channels.php answer at broadcasting/auth whether a user
 * may.
 */
final class FerryBroadcaster extends Broadcaster
{
    use UsePusherChannelConventions;

    public function __construct(private readonly PublisherInterface $publisher)
    {
    }

    /**
     * @param Request $request with channel_name
     *
     * @return mixed what validAuthenticationResponse() makes of the channel's answer
     *
     * @throws AccessDeniedHttpException
     */
    public function auth($request)
    {
        $name = (string) $request->input('channel_name');
        $channel = $this->normalizeChannelName($name);

        if ('' === $name || ($this->isGuardedChannel($name) && !$this->retrieveUser($request, $channel))) {
            throw new AccessDeniedHttpException();
        }

        return $this->verifyUserCanAccessChannel($request, $channel);
    }

    /**
     * @param Request $request
     * @param mixed   $result  true, or for presence channels what others are told of the user
     *
     * @return array<string, mixed>
     */
    public function validAuthenticationResponse($request, $result)
    {
        $response = ['channel' => (string) $request->input('channel_name')];

        return \is_bool($result) ? $response : $response + ['user' => $result];
    }

    /**
     * @param array<mixed>         $channels
     * @param string               $event
     * @param array<string, mixed> $payload
     *
     * @throws BroadcastException
     */
    public function broadcast(array $channels, $event, array $payload = []): void
    {
        $socket = $payload['socket'] ?? null;
        unset($payload['socket']);
        $rooms = array_values(array_unique(array_map('\strval', $this->formatChannels($channels))));

        if ([] === $rooms) {
            return;
        }

        try {
            $this->publisher->publish($rooms, $event, $payload, \is_string($socket) ? $socket : null);
        } catch (PublishException $e) {
            throw new BroadcastException($e->getMessage(), $e->getCode(), $e);
        }
    }
}
