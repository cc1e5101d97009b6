<?php

declare(strict_types=1);

use App\WebSockets\Chat;
use Ferry\Bridge\Laravel\Facades\Ws;
use Tests\SleepingHandler;

Ws::handler('/ws', Chat::class);

if (app()->environment('testing')) {
    Ws::handler('/sleep', SleepingHandler::class);
}
