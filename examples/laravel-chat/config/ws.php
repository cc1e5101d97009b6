<?php

declare(strict_types=1);

use App\Chat\Jwt;

return [
    'server' => [
        'host' => env('WS_SERVER_HOST', '127.0.0.1'),
        'port' => (int) env('WS_SERVER_PORT', 8080),
        'max_message_bytes' => 65536,
        // Who was cut off gets what he missed.
        'history' => ['rooms' => ['lobby' => ['messages' => 1000, 'seconds' => 3600]]],
    ],
    // For a server behind a proxy; '' takes the address at which it listens.
    'public_url' => env('WS_PUBLIC_URL', ''),
    'routes' => base_path('routes/ws.php'),
    'auth' => [
        'guard' => null,
        'session' => false,
        // Verified before PHP hears of a connection: a bad token never reaches a guard.
        'jwt' => [
            'algorithms' => ['HS256'],
            'key' => Jwt::secret(storage_path('jwt-secret')),
        ],
    ],
    'hygiene' => ['reset' => 'message', 'ping_after' => 30, 'gc_every' => 1000],
    // What the API writes reaches open windows this way.
    'publish' => ['dsn' => env('FERRY_DSN', 'unix://'.storage_path('ws-control.sock')), 'secret' => Jwt::secret(storage_path('jwt-secret'))],
    // Who writes what comes over the socket: "orm" or "api".
    'writes' => env('CHAT_WRITES', 'orm'),
    // This application's own controllers, in the server's process. Those of another one: async, with its address.
    'api' => ['mode' => env('WS_API_MODE', 'kernel'), 'base_uri' => env('WS_API_URL')],
];
