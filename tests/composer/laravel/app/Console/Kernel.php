<?php

namespace App\Console;

use App\Models\User;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Foundation\Console\Kernel as ConsoleKernel;
use Illuminate\Support\Facades\Schema;

class Kernel extends ConsoleKernel
{
    protected function commands()
    {
        // Stands for the migrations and seeders that an application has.
        $this->command('app:users', function () {
            Schema::create('users', function (Blueprint $table) {
                $table->id();
                $table->string('name');
                $table->string('password')->default('');
                $table->timestamps();
            });
            User::create(['name' => 'Alice']);
            User::create(['name' => 'Bob']);
        });
    }
}
