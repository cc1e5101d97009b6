<?php

declare(strict_types=1);

namespace App\WebSocket;

use App\Chat\InvalidMessageException;
use App\Chat\Messages;
use App\Entity\User;
use Doctrine\ORM\EntityManagerInterface;
use Ferry\Connection;
use Ferry\HandlerInterface;
use Ferry\ServerAwareInterface;
use Ferry\WsServer;
use Psr\Log\LoggerInterface;

/**
 * The chat room. All messages are JSON.
 *
 * From the client: {type: "message", text, id?}, where id is the client's own word for it.
 *
 * To the client: {type: "history", messages}, {type: "presence", users}, {type: "joined", user}, {type: "left", user},
 * {type: "message", id, author, text, sentAt} (its sender also gets ref, the id it gave), {type: "error", code, message, ref?}.
 */
final class ChatHandler implements HandlerInterface, ServerAwareInterface
{
    private const ROOM = 'lobby';

    private WsServer $server;

    /** @var array<string, array{profile: array{username: string, name: string, color: string}, connections: int}> by username: several tabs are one user */
    private array $present = [];

    public function __construct(
        private readonly EntityManagerInterface $entityManager,
        private readonly Messages $messages,
        private readonly LoggerInterface $logger,
    ) {
    }

    public function setServer(WsServer $server): void
    {
        $this->server = $server;
        $this->present = [];
    }

    public function onOpen(Connection $connection): void
    {
        $user = $this->user($connection);

        if (null === $user) {
            $connection->close(1008, 'Unknown user');

            return;
        }

        $user->seen();
        $this->entityManager->flush();

        $connection->sendJson(['type' => 'history', 'messages' => $this->messages->recent()]);
        $this->enter($connection, $user);
        $connection->sendJson(['type' => 'presence', 'users' => array_column($this->present, 'profile')]);
    }

    public function onMessage(Connection $connection, string $data, bool $binary): void
    {
        $message = $binary ? null : json_decode($data, true);

        if (!\is_array($message)) {
            $this->refuse($connection, 'invalid_json', 'A message is a JSON object in a text frame.');

            return;
        }

        $ref = \is_string($message['id'] ?? null) ? ['ref' => $message['id']] : [];

        if ('message' !== ($message['type'] ?? null)) {
            $this->refuse($connection, 'unknown_type', 'The only type of message is "message".', $ref);

            return;
        }

        $user = $this->user($connection);

        if (null === $user) {
            $connection->close(1008, 'Unknown user');

            return;
        }

        try {
            $posted = ['type' => 'message'] + $this->messages->post($user, $message['text'] ?? null)->jsonSerialize();
        } catch (InvalidMessageException $e) {
            $this->refuse($connection, $e->error, $e->getMessage(), $ref);

            return;
        }

        $connection->sendJson($posted + $ref);
        $this->server->room(self::ROOM)->sendJson($posted, [$connection]);
    }

    public function onClose(Connection $connection, int $code, string $reason): void
    {
        $username = $connection->get('username');

        // A connection that never entered has nothing to leave.
        if (!\is_string($username) || 0 < --$this->present[$username]['connections']) {
            return;
        }

        $profile = $this->present[$username]['profile'];
        unset($this->present[$username]);
        $this->server->room(self::ROOM)->sendJson(['type' => 'left', 'user' => $profile], [$connection]);
    }

    public function onError(?Connection $connection, \Throwable $error): void
    {
        $this->logger->error('The chat failed: '.$error->getMessage(), ['exception' => $error]);

        if (null === $connection) {
            return;
        }

        $this->refuse($connection, 'internal', 'Something went wrong here. Please try again.');

        if (null === $connection->get('username')) {
            // It has not got into the room, so there is nothing it could try again.
            $connection->close(1011, 'Could not enter the room');
        }
    }

    private function user(Connection $connection): ?User
    {
        return $this->entityManager->getRepository(User::class)->findOneBy(['username' => $connection->identity()?->userIdentifier]);
    }

    private function enter(Connection $connection, User $user): void
    {
        $username = $user->getUserIdentifier();
        $first = !isset($this->present[$username]);

        $this->present[$username] ??= ['profile' => $user->profile(), 'connections' => 0];
        ++$this->present[$username]['connections'];
        $connection->set('username', $username)->join(self::ROOM);

        if ($first) {
            $this->server->room(self::ROOM)->sendJson(['type' => 'joined', 'user' => $user->profile()], [$connection]);
        }
    }

    /**
     * @param array{ref?: string} $ref
     */
    private function refuse(Connection $connection, string $code, string $message, array $ref = []): void
    {
        $connection->sendJson(['type' => 'error', 'code' => $code, 'message' => $message] + $ref);
    }
}
