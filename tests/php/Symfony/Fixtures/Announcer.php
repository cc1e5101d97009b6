<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Ferry\Publish\PublisherInterface;

final class Announcer
{
    public function __construct(private readonly PublisherInterface $publisher)
    {
    }

    public function announce(): void
    {
        $this->publisher->publish('r', 'announced');
    }

    public function __invoke(object $message): void
    {
        throw new \RuntimeException('asked to fail');
    }
}
