<?php

declare(strict_types=1);

namespace App\WebSocket;

use App\Chat\InvalidMessageException;
use App\Chat\Messages;
use App\Entity\Message;
use App\Entity\User;
use Doctrine\ORM\EntityManagerInterface;
use Ferry\Api\ApiClient;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Connection;
use Ferry\WsServer;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Http\Attribute\CurrentUser;

/**
 * The chat room. All messages are JSON.
 *
 * From the client, each with an id, and answered by {type: "reply", id, data}: {type: "message", data: {text}}, whose answer is
 * the message as it was written, and {type: "history"}, whose answer is {messages}.
 *
 * To the client: {type: "presence", users}, {type: "joined", user}, {type: "left", user}, and published to the room, so that
 * who was cut off gets what he missed: {type: "message", room, offset, data: {id, author, text, sentAt}}.
 *
 * With CHAT_WRITES=api messages are written by the application's own API, as the client, and else by Doctrine.
 */
#[AsWsHandler('/ws')]
final class ChatHandler
{
    public const ROOM = 'lobby';

    public function __construct(
        private readonly EntityManagerInterface $entityManager,
        private readonly Messages $messages,
        private readonly Presence $presence,
        private readonly ApiClient $api,
        private readonly string $writes,
    ) {
        if (!\in_array($writes, ['orm', 'api'], true)) {
            throw new \InvalidArgumentException(sprintf('CHAT_WRITES must be "orm" or "api", "%s" given.', $writes));
        }
    }

    #[OnOpen]
    public function open(Connection $connection, WsServer $server, #[CurrentUser] User $user): void
    {
        $user->seen();
        $this->entityManager->flush();

        if ($this->presence->enter($user)) {
            $server->room(self::ROOM)->sendJson(['type' => 'joined', 'user' => $user->profile()]);
        }

        $connection->set('username', $user->getUserIdentifier())->join(self::ROOM);
        $connection->sendJson(['type' => 'presence', 'users' => $this->presence->users()]);
    }

    /**
     * @return array{messages: list<Message>} the last ones, oldest first
     */
    #[OnMessage('history')]
    public function history(): array
    {
        return ['messages' => $this->messages->recent()];
    }

    /**
     * @param array<string, mixed> $message
     *
     * @return Message|array<string, mixed> as it was written
     */
    #[OnMessage('message')]
    public function message(Connection $connection, WsServer $server, #[CurrentUser] User $user, array $message): Message|array
    {
        $text = $message['text'] ?? null;

        if ('api' === $this->writes) {
            return $this->postToApi($connection, $text);
        }

        $posted = $this->messages->post($user, $text);
        $server->room(self::ROOM)->publish('message', $posted);

        return $posted;
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

    /**
     * The API finds out by the client's token who writes, and publishes by itself.
     *
     * @return array<string, mixed>
     */
    private function postToApi(Connection $connection, mixed $text): array
    {
        $answer = $this->api->as($connection)->post('/api/messages', json: ['text' => $text]);

        if (Response::HTTP_UNPROCESSABLE_ENTITY === $answer->status) {
            $error = $answer->toArray(false);

            throw new InvalidMessageException($error['code'], $error['error']);
        }

        return $answer->toArray();
    }
}
