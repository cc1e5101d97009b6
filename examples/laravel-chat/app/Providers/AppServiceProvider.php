<?php

declare(strict_types=1);

namespace App\Providers;

use App\Chat\AddressFile;
use App\Chat\Jwt;
use App\Chat\Presence;
use App\Models\User;
use Ferry\Event\ServerStarted;
use Ferry\Event\ServerStopping;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\ServiceProvider;

final class AppServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->singleton(Presence::class);
        $this->app->singleton(Jwt::class, static fn ($app): Jwt => new Jwt($app->make('config')->get('ws.auth.jwt.key')));
    }

    public function boot(): void
    {
        Auth::viaRequest('jwt', fn (Request $request): ?User => null === ($id = $this->app->make(Jwt::class)->verify((string) $request->bearerToken())) ? null : User::query()->find($id));

        Route::middleware('api')->group(base_path('routes/web.php'));

        Event::listen(ServerStarted::class, [AddressFile::class, 'started']);
        Event::listen(ServerStopping::class, [AddressFile::class, 'stopping']);
    }
}
