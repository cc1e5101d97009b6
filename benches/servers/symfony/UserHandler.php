<?php

declare(strict_types=1);

namespace Bench;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Http\Attribute\CurrentUser;

/** Takes its user as a controller does: he is loaded for each message. */
#[AsWsHandler('/')]
final class UserHandler
{
    #[OnMessage(raw: true)]
    public function echo(Connection $connection, string $data, #[CurrentUser] UserInterface $user): void
    {
        $connection->send($data);
    }
}
