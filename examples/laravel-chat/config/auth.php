<?php

declare(strict_types=1);

return [
    'defaults' => ['guard' => 'jwt', 'passwords' => 'users'],
    // The driver is in App\Providers\AppServiceProvider. An application with Sanctum names that one here.
    'guards' => ['jwt' => ['driver' => 'jwt', 'provider' => 'users']],
    'providers' => ['users' => ['driver' => 'eloquent', 'model' => App\Models\User::class]],
];
