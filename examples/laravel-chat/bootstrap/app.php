<?php

declare(strict_types=1);

use Illuminate\Contracts\Console\Kernel as ConsoleKernel;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Exceptions\Handler;

// In the form that every version of Laravel understands; a new application has the shorter one of its version.
$data = getenv('APP_DATA_DIR') ?: dirname(__DIR__).'/storage';

foreach (['/framework/cache/data', '/framework/sessions', '/framework/views', '/logs', '/bootstrap'] as $folder) {
    if (!is_dir($data.$folder)) {
        @mkdir($data.$folder, 0777, true);
    }
}

foreach (['SERVICES', 'PACKAGES', 'CONFIG', 'ROUTES', 'EVENTS'] as $cache) {
    $_SERVER['APP_'.$cache.'_CACHE'] ??= $data.'/bootstrap/'.strtolower($cache).'.php';
}

$app = new Application(dirname(__DIR__));
$app->useStoragePath($data);

// Debian's packages of Laravel 11 and later come without the framework's own configuration.
if (method_exists($app, 'dontMergeFrameworkConfiguration')) {
    $app->dontMergeFrameworkConfiguration();
}

$app->singleton(HttpKernel::class, App\Http\Kernel::class);
$app->singleton(ConsoleKernel::class, App\Console\Kernel::class);
$app->singleton(ExceptionHandler::class, Handler::class);

return $app;
