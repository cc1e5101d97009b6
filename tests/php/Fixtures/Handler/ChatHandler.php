<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnError;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Exception\RefusedException;
use Ferry\Handler\Message;
use Ferry\Handler\Session;

#[AsWsHandler('/chat/{room}/{page<\d+>?1}', options: ['key' => 'value'])]
final class ChatHandler
{
    /** @var list<array<mixed>> */
    public array $calls = [];

    #[OnOpen]
    public function open(string $room, int $page): array
    {
        return ['welcome' => $room, 'page' => $page];
    }

    #[OnMessage('say')]
    public function say(string $room, array $message): array
    {
        return ['said' => $message['text'] ?? null, 'in' => $room];
    }

    #[OnMessage('field')]
    public function field(#[MapField] string $text, #[MapField('n')] float $number, #[MapField] ?Level $level = Level::Low): array
    {
        return [$text, \is_float($number), $level];
    }

    #[OnMessage('quiet')]
    #[OnMessage('silent')]
    public function quiet(Message $message): void
    {
        $this->calls[] = [$message->type, $message->data];
    }

    #[OnMessage('raw')]
    public function payload(string $payload): string
    {
        return $payload;
    }

    #[OnMessage('refuse')]
    public function refuse(): never
    {
        throw RefusedException::invalidMessage('No.', [['path' => 'text', 'message' => 'Too long.']]);
    }

    #[OnMessage('throw')]
    public function throw(): never
    {
        throw new \DomainException('asked to throw');
    }

    #[OnMessage]
    public function other(?string $type, mixed $data, Session $session): array
    {
        return ['other' => $type, 'data' => $data, 'room' => $session->route['room']];
    }

    #[OnMessage(raw: true)]
    public function binary(string $data, bool $binary): array
    {
        return ['bytes' => \strlen($data), 'binary' => $binary];
    }

    #[OnClose]
    public function close(int $code, string $reason, string $room): void
    {
        $this->calls[] = ['close', $code, $reason, $room];

        if ('throw' === $reason) {
            throw new \DomainException('asked to throw');
        }
    }

    #[OnError]
    public function error(\Throwable $error, ?Message $message): array
    {
        $this->calls[] = ['error', $error->getMessage(), $message?->type];

        return ['sorry' => $error->getMessage()];
    }
}
