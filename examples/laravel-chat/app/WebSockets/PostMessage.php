<?php

declare(strict_types=1);

namespace App\WebSockets;

use App\Models\Message as ChatMessage;
use Ferry\Bridge\Laravel\Message;

/**
 * @property string $text
 */
final class PostMessage extends Message
{
    public function prepareForValidation(array $data): array
    {
        return \is_string($data['text'] ?? null) ? ['text' => trim($data['text'])] + $data : $data;
    }

    /**
     * @return array<string, string>
     */
    public function rules(): array
    {
        return ['text' => 'required|string|max:'.ChatMessage::MAX_LENGTH];
    }
}
