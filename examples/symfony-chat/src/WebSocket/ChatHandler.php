<?php

declare(strict_types=1);

namespace App\WebSocket;

use App\Chat\Messages;
use App\Entity\User;
use Doctrine\ORM\EntityManagerInterface;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Connection;
use Ferry\WsServer;
use Symfony\Component\Security\Http\Attribute\CurrentUser;

/**
 * The chat room. All messages are JSON.
 *
 * From the client: {type: "message", text, id?}, where id is the client's own word for it.
 *
 * To the client: {type: "history", messages}, {type: "presence", users}, {type: "joined", user}, {type: "left", user},
 * {type: "message", id, author, text, sentAt} (its sender also gets ref, the id it gave). What the API writes comes as
 * {type: "message", data: {id, author, text, sentAt}, room}.
 */
#[AsWsHandler('/ws')]
final class ChatHandler
{
    public const ROOM = 'lobby';

    public function __construct(
        private readonly EntityManagerInterface $entityManager,
        private readonly Messages $messages,
        private readonly Presence $presence,
    ) {
    }

    #[OnOpen]
    public function open(Connection $connection, WsServer $server, #[CurrentUser] User $user): void
    {
        $user->seen();
        $this->entityManager->flush();

        $connection->sendJson(['type' => 'history', 'messages' => $this->messages->recent()]);

        if ($this->presence->enter($user)) {
            $server->room(self::ROOM)->sendJson(['type' => 'joined', 'user' => $user->profile()]);
        }

        $connection->set('username', $user->getUserIdentifier())->join(self::ROOM);
        $connection->sendJson(['type' => 'presence', 'users' => $this->presence->users()]);
    }

    /**
     * @param array<string, mixed> $message
     */
    #[OnMessage('message')]
    public function message(Connection $connection, WsServer $server, #[CurrentUser] User $user, array $message, string|int|null $id): void
    {
        $posted = ['type' => 'message'] + $this->messages->post($user, $message['text'] ?? null)->jsonSerialize();

        $connection->sendJson($posted + (null === $id ? [] : ['ref' => $id]));
        $server->room(self::ROOM)->sendJson($posted, [$connection]);
    }

    #[OnClose]
    public function close(Connection $connection, WsServer $server): void
    {
        // A connection that never entered has nothing to leave.
        $username = $connection->get('username');

        if (\is_string($username) && null !== $profile = $this->presence->leave($username)) {
            $server->room(self::ROOM)->sendJson(['type' => 'left', 'user' => $profile], [$connection]);
        }
    }
}
