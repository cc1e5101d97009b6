<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Api;

use Ferry\Api\ApiClient;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\Routing\Generator\UrlGeneratorInterface;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;

#[AsWsHandler('/notes')]
final class NotesHandler
{
    public function __construct(
        public readonly ApiClient $api,
        private readonly TokenStorageInterface $tokens,
        private readonly RequestStack $requests,
        private readonly UrlGeneratorInterface $urls,
    ) {
    }

    /**
     * @return array<string, mixed>
     */
    #[OnMessage('write')]
    public function write(Connection $connection, #[MapField] string $text, #[MapField] string $path = '/api/notes'): array
    {
        $before = $this->tokens->getToken();
        $answer = $this->api->as($connection)->post($path, json: ['text' => $text]);

        return [
            'status' => $answer->status,
            'answer' => $answer->toArray(false),
            'user' => $this->tokens->getToken()?->getUserIdentifier(),
            'same' => $before === $this->tokens->getToken(),
            'request' => $this->requests->getCurrentRequest()?->getUri(),
            'link' => $this->urls->generate('note', [], UrlGeneratorInterface::ABSOLUTE_URL),
        ];
    }
}
