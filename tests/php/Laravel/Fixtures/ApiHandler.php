<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Ferry\Api\ApiClient;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Connection;
use Illuminate\Support\Facades\App;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Request;
use Illuminate\Support\Facades\Route;

/**
 * Asks the API, and looks at what that has left behind.
 */
final class ApiHandler
{
    public function __construct(private readonly ApiClient $api, private readonly Counter $counter)
    {
    }

    /**
     * @return array<string, mixed>
     */
    #[OnMessage('write')]
    public function write(Connection $connection, #[MapField] string $path = '/api/notes', #[MapField] string $by = 'client'): array
    {
        $request = app('request');
        $this->counter->next();

        [$status, $answer] = match ($by) {
            'facade' => self::of(Ws::api($connection)->post($path, json: ['text' => 'ahoy'])),
            'macro' => [($response = Http::ferry($connection)->post($path, ['text' => 'ahoy']))->status(), $response->json()],
            default => self::of($this->api->as($connection)->post($path, json: ['text' => 'ahoy'])),
        };

        return [
            'status' => $status,
            'answer' => $answer,
            'user' => Auth::user()?->name,
            'request' => $request === app('request') && $request === Request::getFacadeRoot(),
            'scoped' => app(Counter::class)->next(),
            'route' => Route::current()?->uri(),
            'locale' => App::getLocale(),
        ];
    }

    /**
     * @return array{int, mixed}
     */
    private static function of(\Ferry\Api\Response $response): array
    {
        return [$response->status, $response->json()];
    }
}
