<?php

declare(strict_types=1);

namespace App\WebSockets;

use App\Chat\Presence;
use App\Models\Message;
use App\Models\User;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Connection;
use Ferry\WsServer;

/**
 * The chat room.
 *
 * From the client: {type: "message", text, id?}, where id is the client's own word for it.
 *
 * To the client: {type: "history", messages}, {type: "presence", users}, {type: "joined", user}, {type: "left", user},
 * {type: "message", id, author, text, sentAt} (its sender also gets ref, the id it gave; what the API has written comes as
 * {type: "message", room, data}).
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
        $connection->sendJson(['type' => 'history', 'messages' => Message::recent()]);

        if ($this->presence->enter($user)) {
            $this->server->room(self::ROOM)->sendJson(['type' => 'joined', 'user' => $user->profile()]);
        }

        $connection->set('user', $user->id)->join(self::ROOM);
        $connection->sendJson(['type' => 'presence', 'users' => $this->presence->users()]);
    }

    #[OnMessage('message')]
    public function message(Connection $connection, PostMessage $message, User $user, string|int|null $id): void
    {
        $posted = ['type' => 'message'] + Message::post($user, $message->text)->toArray();

        $connection->sendJson($posted + ['ref' => $id]);
        $this->server->room(self::ROOM)->sendJson($posted, [$connection]);
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
