<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Ferry\Bridge\Laravel\RestartSignal;
use Symfony\Component\Console\Attribute\AsCommand;

#[AsCommand(name: 'ws:restart')]
final class RestartCommand extends Command
{
    protected $signature = 'ws:restart';

    protected $description = 'Restart the WebSocket servers after their current message';

    public function handle(RestartSignal $signal): int
    {
        $signal->send();
        $this->tell('info', 'Broadcasting WebSocket restart signal.');

        return self::SUCCESS;
    }
}
