<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Models\Message;
use App\WebSockets\Chat;
use App\WebSockets\PostMessage;
use Ferry\Bridge\Laravel\Facades\Ws;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

final class MessageController
{
    /** ?before=<id>&limit=<1 to 50>: a page of messages, oldest first. */
    public function index(Request $request): JsonResponse
    {
        $limit = max(1, min(Message::PAGE, (int) $request->query('limit', (string) Message::PAGE)));
        $before = (int) $request->query('before');

        return new JsonResponse(['messages' => Message::recent($limit, $before > 0 ? $before : null)]);
    }

    /** {"text": ...}: writes a message, which open windows see at once. */
    public function store(Request $request): JsonResponse
    {
        $fields = $request->validate((new PostMessage())->rules());

        $message = Message::post($request->user(), trim($fields['text']));
        // It is written, also while the WebSocket server is away.
        rescue(static fn (): int => Ws::publish(Chat::ROOM, 'message', $message));

        return new JsonResponse($message, JsonResponse::HTTP_CREATED);
    }
}
