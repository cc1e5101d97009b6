<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Ferry\Attribute\AsWsHandler;
use Ferry\Connection;
use Ferry\HandlerInterface;
use Symfony\Component\Security\Http\Attribute\IsGranted;

#[AsWsHandler('/raw')]
final class RawAdminHandler implements HandlerInterface
{
    public function onOpen(Connection $connection): void
    {
    }

    #[IsGranted('ROLE_ADMIN')]
    public function onMessage(Connection $connection, string $data, bool $binary): void
    {
        $connection->send('raw '.$data);
    }

    public function onClose(Connection $connection, int $code, string $reason): void
    {
    }

    public function onError(?Connection $connection, \Throwable $error): void
    {
    }
}
