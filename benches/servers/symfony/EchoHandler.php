<?php

declare(strict_types=1);

namespace Bench;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;

#[AsWsHandler('/')]
final class EchoHandler
{
    #[OnMessage(raw: true)]
    public function echo(Connection $connection, string $data): void
    {
        $connection->send($data);
    }
}
