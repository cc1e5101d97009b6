<?php

declare(strict_types=1);

namespace App\Console;

use App\Models\User;
use Illuminate\Console\Command;
use Illuminate\Support\Facades\Hash;

/**
 * Makes what the application needs, and leaves alone what is there.
 */
final class SetupCommand extends Command
{
    /** Username, which is the password too, => name and colour. */
    private const ACCOUNTS = ['alice' => ['Alice', '#c2410c'], 'bob' => ['Bob', '#0f766e']];

    protected $signature = 'app:setup';

    protected $description = 'Create the secrets, the tables and the demo accounts where they are missing';

    public function handle(): int
    {
        $database = (string) config('database.connections.sqlite.database');

        if (!is_file($database)) {
            touch($database);
        }

        $this->call('migrate', ['--force' => true]);

        foreach (self::ACCOUNTS as $username => [$name, $color]) {
            User::query()->firstOrCreate(['username' => $username], ['name' => $name, 'color' => $color, 'password' => Hash::make($username)]);
        }

        return self::SUCCESS;
    }
}
