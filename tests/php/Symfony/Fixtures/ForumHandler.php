<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Psr\Log\LoggerInterface;

#[AsWsHandler('/forum/{topic<\d+>}')]
final class ForumHandler
{
    public function __construct(private readonly LoggerInterface $logger, private readonly ClockInterface $clock)
    {
    }

    #[OnOpen]
    public function open(int $topic, ClockInterface $clock): array
    {
        $this->logger->info('opened');

        return ['topic' => $topic, 'now' => $this->clock->now(), 'same' => $clock === $this->clock];
    }

    #[OnMessage('post')]
    public function post(Post $post, int $topic): Post
    {
        return $post;
    }
}
