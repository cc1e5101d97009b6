<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Database\Schema\Blueprint;
use Illuminate\Foundation\Application;

/**
 * The tables of the tests, with Alice, who owns the room "deck", and Bob.
 */
final class Database
{
    public static function create(Application $app): void
    {
        $schema = $app->make('db')->connection()->getSchemaBuilder();
        $schema->create('users', static function (Blueprint $table): void {
            $table->increments('id');
            $table->string('name');
            $table->string('api_token')->nullable();
            $table->string('remember_token')->nullable();
        });
        $schema->create('rooms', static function (Blueprint $table): void {
            $table->increments('id');
            $table->string('slug')->unique();
            $table->integer('owner_id');
        });
        $schema->create('notes', static function (Blueprint $table): void {
            $table->increments('id');
            $table->string('text')->unique();
        });

        $alice = User::query()->create(['name' => 'Alice', 'api_token' => 'alice-token']);
        User::query()->create(['name' => 'Bob', 'api_token' => 'bob-token']);
        Room::query()->create(['slug' => 'deck', 'owner_id' => $alice->id]);
    }
}
