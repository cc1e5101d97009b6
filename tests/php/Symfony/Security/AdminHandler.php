<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Symfony\Component\Security\Http\Attribute\IsGranted;

#[AsWsHandler('/admin')]
#[IsGranted('ROLE_ADMIN')]
final class AdminHandler
{
    #[OnMessage]
    public function anything(): string
    {
        return 'admin';
    }
}
