<?php

declare(strict_types=1);

use Ferry\Tests\Laravel\Fixtures\User;

return [
    'defaults' => ['guard' => 'web', 'passwords' => 'users'],
    'guards' => [
        'web' => ['driver' => 'session', 'provider' => 'users'],
        'api' => ['driver' => 'token', 'provider' => 'users', 'hash' => false],
        'custom' => ['driver' => 'custom-request'],
    ],
    'providers' => ['users' => ['driver' => 'eloquent', 'model' => User::class]],
];
