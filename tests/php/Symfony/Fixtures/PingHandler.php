<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;

#[AsWsHandler('/ping')]
final class PingHandler
{
    #[OnMessage('ping')]
    public function ping(): array
    {
        return ['type' => 'pong'];
    }
}
