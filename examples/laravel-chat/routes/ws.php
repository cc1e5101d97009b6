<?php

declare(strict_types=1);

use App\WebSockets\Chat;
use Ferry\Bridge\Laravel\Facades\Ws;

Ws::handler('/ws', Chat::class);
