<?php

declare(strict_types=1);

namespace App\Controller;

use App\Chat\InvalidMessageException;
use App\Chat\Messages;
use App\Entity\User;
use App\WebSocket\ChatHandler;
use Ferry\Exception\PublishException;
use Ferry\Publish\PublisherInterface;
use Psr\Log\LoggerInterface;
use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;

final class MessageController
{
    public function __construct(
        private readonly Messages $messages,
        private readonly TokenStorageInterface $tokens,
        private readonly PublisherInterface $publisher,
        private readonly LoggerInterface $logger,
    ) {
    }

    /** ?before=<id>&limit=<1 to 50>: a page of messages, oldest first. */
    public function list(Request $request): Response
    {
        $limit = max(1, min(Messages::PAGE, $request->query->getInt('limit', Messages::PAGE)));
        $before = $request->query->getInt('before');

        return new JsonResponse(['messages' => $this->messages->recent($limit, $before > 0 ? $before : null)]);
    }

    /** {"text": ...}: writes a message. Open windows see it at once, when the WebSocket server runs. */
    public function post(Request $request): Response
    {
        $user = $this->tokens->getToken()?->getUser();
        \assert($user instanceof User);
        $body = json_decode($request->getContent(), true);

        try {
            $message = $this->messages->post($user, \is_array($body) ? $body['text'] ?? null : null);
        } catch (InvalidMessageException $e) {
            return new JsonResponse(['error' => $e->getMessage(), 'code' => $e->error], Response::HTTP_UNPROCESSABLE_ENTITY);
        }

        try {
            $this->publisher->publish(ChatHandler::ROOM, 'message', $message);
        } catch (PublishException $e) {
            // It is written: who opens the page finds it.
            $this->logger->warning('A message was not published: '.$e->getMessage(), ['exception' => $e]);
        }

        return new JsonResponse($message, Response::HTTP_CREATED);
    }
}
