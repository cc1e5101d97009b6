<?php

declare(strict_types=1);

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Tests\Laravel\Fixtures\Chat;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\Rung;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Broadcasting\BroadcastServiceProvider;
use Illuminate\Contracts\Console\Kernel;
use Symfony\Component\Console\Input\ArgvInput;
use Symfony\Component\Console\Output\ConsoleOutput;

// An artisan whose application writes to the folder FERRY_TEST_FOLDER and has its database there.

require dirname(__DIR__, 3).'/bootstrap.php';

$folder = (string) getenv('FERRY_TEST_FOLDER');
$_SERVER['FERRY_TEST_DATABASE'] = $folder.'/test.sqlite';
$dsn = getenv('FERRY_TEST_DSN') ?: null;
// A connection of Laravel's as JSON, in place of the file.
$connection = getenv('FERRY_TEST_CONNECTION');
$database = false === $connection ? [] : ['database.default' => 'server', 'database.connections.server' => json_decode($connection, true, 512, \JSON_THROW_ON_ERROR)];
$app = TestApplication::create(['ws.publish' => ['dsn' => $dsn, 'secret' => str_repeat('s', 32)], 'ws.auth.guard' => 'api', 'cache.default' => 'file', 'ws.server.port' => 0, 'broadcasting.default' => 'ferry'] + $database, $folder);
$app->booted(static function () use ($app, $folder): void {
    touch($folder.'/test.sqlite');

    if (!$app->make('db')->connection()->getSchemaBuilder()->hasTable('notes')) {
        Database::create($app);
    }

    $app->register(BroadcastServiceProvider::class);
    Ws::handler('/rooms/{room:slug}', Chat::class);
    // What --watch watches.
    $app->setBasePath($folder);
});
$kernel = $app->make(Kernel::class);
// Laravel binds the command to it: not static.
$kernel->command('test:ring {channel} {strokes}', function (string $channel, string $strokes): void {
    broadcast(new Rung($channel, (int) $strokes));
});
$status = $kernel->handle($input = new ArgvInput(), new ConsoleOutput());
$kernel->terminate($input, $status);

exit($status);
