<?php

declare(strict_types=1);

namespace App\WebSockets;

use App\Chat\Presence;
use App\Models\Message;
use App\Models\User;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Connection;
use Ferry\WsServer;
use Illuminate\Database\Eloquent\Collection;

/**
 * The chat room.
 *
 * From the client, each with an id, and answered by {type: "reply", id, data}: {type: "message", data: {text}}, whose answer is
 * the message as it was written, and {type: "history"}, whose answer is {messages}.
 *
 * To the client: {type: "presence", users}, {type: "joined", user}, {type: "left", user}, and published to the room, so that
 * who was cut off gets what he missed: {type: "message", room, offset, data: {id, author, text, sentAt}}.
 *
 * With CHAT_WRITES=api messages are written by the application's own API, as the client, and else by Eloquent.
 */
final class Chat
{
    public const ROOM = 'lobby';

    public function __construct(private readonly Presence $presence, private readonly WsServer $server)
    {
    }

    #[OnOpen]
    public function open(Connection $connection, User $user): void
    {
        $user->seen();

        if ($this->presence->enter($user)) {
            $this->server->room(self::ROOM)->sendJson(['type' => 'joined', 'user' => $user->profile()]);
        }

        $connection->set('user', $user->id)->join(self::ROOM);
        $connection->sendJson(['type' => 'presence', 'users' => $this->presence->users()]);
    }

    /**
     * @return array{messages: Collection<int, Message>} the last ones, oldest first
     */
    #[OnMessage('history')]
    public function history(): array
    {
        return ['messages' => Message::recent()];
    }

    /**
     * @return Message|array<string, mixed> as it was written
     */
    #[OnMessage('message')]
    public function message(Connection $connection, PostMessage $message, User $user): Message|array
    {
        // The API finds out by the client's token who writes, and publishes by itself.
        if ('api' === config('ws.writes')) {
            return Ws::api($connection)->post('/api/messages', json: ['text' => $message->text])->toArray();
        }

        $posted = Message::post($user, $message->text);
        $this->server->room(self::ROOM)->publish('message', $posted);

        return $posted;
    }

    #[OnClose]
    public function close(Connection $connection): void
    {
        // A connection that never entered has nothing to leave.
        $user = $connection->get('user');

        if (\is_int($user) && null !== $profile = $this->presence->leave($user)) {
            $this->server->room(self::ROOM)->sendJson(['type' => 'left', 'user' => $profile], [$connection]);
        }
    }
}
