<?php

declare(strict_types=1);

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Tests\Laravel\Fixtures\Chat;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Contracts\Console\Kernel;
use Symfony\Component\Console\Input\ArgvInput;
use Symfony\Component\Console\Output\ConsoleOutput;

// An artisan whose application writes to the folder FERRY_TEST_FOLDER and has its database there.

require dirname(__DIR__, 3).'/bootstrap.php';

$folder = (string) getenv('FERRY_TEST_FOLDER');
$_SERVER['FERRY_TEST_DATABASE'] = $folder.'/test.sqlite';
$dsn = getenv('FERRY_TEST_DSN') ?: null;
$app = TestApplication::create(['ws.publish' => ['dsn' => $dsn, 'secret' => str_repeat('s', 32)], 'ws.auth.guard' => 'api', 'cache.default' => 'file', 'ws.server.port' => 0], $folder);
$app->booted(static function () use ($app, $folder): void {
    if (!is_file($folder.'/test.sqlite')) {
        touch($folder.'/test.sqlite');
        Database::create($app);
    }

    Ws::handler('/rooms/{room:slug}', Chat::class);
});
$kernel = $app->make(Kernel::class);
$status = $kernel->handle($input = new ArgvInput(), new ConsoleOutput());
$kernel->terminate($input, $status);

exit($status);
