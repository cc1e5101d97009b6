<?php

declare(strict_types=1);

return [

    /*
    |--------------------------------------------------------------------------
    | Server
    |--------------------------------------------------------------------------
    |
    | Where "php artisan ws:serve" listens, and every other option of the
    | server by its name in Ferry's docs/options.md. A value of null leaves the
    | option at its default.
    |
    */

    'server' => [
        'host' => env('WS_SERVER_HOST', '127.0.0.1'),
        'port' => env('WS_SERVER_PORT', 8080),
        'max_message_bytes' => env('WS_MAX_MESSAGE_SIZE', 65536),
        'ping_interval' => env('WS_PING_INTERVAL', 25),
        'idle_timeout' => env('WS_ACTIVITY_TIMEOUT', 60),

        // Pages that may connect: "https://example.org,https://*.example.org". Set it wherever a cookie signs people in:
        // browsers send cookies along from any page. Without it cookies count only for pages of the server's own host.
        'allowed_origins' => env('WS_ALLOWED_ORIGINS', ''),

        // Proxies whose X-Forwarded-For is believed, as CIDR: "10.0.0.0/8".
        'trusted_proxies' => env('WS_TRUSTED_PROXIES', ''),
    ],

    /*
    |--------------------------------------------------------------------------
    | Public address
    |--------------------------------------------------------------------------
    |
    | How clients reach the server: Ws::url() builds addresses from it. Behind a
    | proxy it is not the address that the server listens on.
    |
    */

    'public' => [
        'host' => env('WS_HOST', '127.0.0.1'),
        'port' => (int) env('WS_PORT', env('WS_SERVER_PORT', 8080)),
        'scheme' => env('WS_SCHEME', 'http'),
    ],

    /*
    |--------------------------------------------------------------------------
    | Handlers
    |--------------------------------------------------------------------------
    |
    | The file that registers handlers with Ws::handler().
    |
    */

    'routes' => base_path('routes/ws.php'),

    /*
    |--------------------------------------------------------------------------
    | Authentication
    |--------------------------------------------------------------------------
    |
    | "guard" signs people in when a handler names none with the middleware
    | auth:…; null takes your application's default guard. With "session" a
    | session cookie is decrypted and its session started by Laravel's own
    | middleware before any guard is asked.
    |
    | "jwt", when it is an array, is verified by the server itself before PHP
    | hears of a connection; docs/options.md names its keys.
    |
    */

    'auth' => [
        'guard' => env('WS_GUARD'),
        'session' => true,
        'jwt' => null,
        // A logout closes the connections of the user. Other processes than the server need FERRY_DSN for it.
        'disconnect_on_logout' => true,
        // Ws::ticket() signs with the application key unless there is a secret of its own.
        'ticket' => [
            'ttl' => 30,
            'secret' => null,
        ],
    ],

    /*
    |--------------------------------------------------------------------------
    | Hygiene
    |--------------------------------------------------------------------------
    |
    | "reset" says when the application is cleaned as the queue worker cleans
    | it: after each "message", once per "batch" of messages, or "never". An
    | idle database connection is tried before its next use after "ping_after"
    | seconds; 0 never tries. A message that loses its connection is handled
    | once more ("retry") when the database is back within "reconnect_timeout"
    | seconds. Cycles are collected in the second after "gc_every" messages; 0
    | leaves it to PHP.
    |
    */

    'hygiene' => [
        'reset' => env('WS_RESET', 'message'),
        'ping_after' => 30,
        'retry' => true,
        'reconnect_timeout' => 30,
        'gc_every' => 1000,
        // Container bindings that are to be made anew for each message, by their abstract names.
        'flush' => [],
    ],

    /*
    |--------------------------------------------------------------------------
    | Publishing
    |--------------------------------------------------------------------------
    |
    | How other processes reach the server, for Ws::publish() in a controller or
    | a job and for ws:status. "dsn" is where the server listens for them:
    | "unix:///path/to/ws.sock" or "http://127.0.0.1:8081"; or "redis://127.0.0.1:6379"
    | for all servers of that Redis. Both sides share the secret, of at least 32
    | characters, which Redis does not need. With "after_commit" an event that a database transaction causes waits for its commit.
    |
    */

    'publish' => [
        'dsn' => env('FERRY_DSN'),
        'secret' => env('FERRY_SECRET'),
        'after_commit' => false,
        'timeout' => 2.0,
    ],

    /*
    |--------------------------------------------------------------------------
    | API
    |--------------------------------------------------------------------------
    |
    | How Ferry\Api\ApiClient and Http::ferry($connection) reach your own API in
    | the name of a client. "base_uri" is where it answers; tokens of clients
    | are sent nowhere else. With the mode "async" other clients are served
    | while a handler waits, "kernel" calls your controllers in this process,
    | "http" blocks all clients; its "client" is a service that PSR-18 knows.
    | "options" are those of Ferry\HttpClient.
    |
    */

    'api' => [
        'base_uri' => env('WS_API_URL'),
        'mode' => env('WS_API_MODE', 'async'),
        'timeout' => 10.0,
        'retries' => 2,
        'max_redirects' => 3,
        'max_body_bytes' => 8388608,
        // The header that has the client's address: x-forwarded-for, forwarded or none.
        'forwarded' => 'x-forwarded-for',
        'headers' => [],
        'client' => null,
        'options' => [],
    ],

];
