<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Contracts\Console\Kernel as ConsoleKernelContract;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\RegisterProviders;
use Illuminate\Foundation\Exceptions\Handler;

/**
 * A real application of whichever version of Laravel is installed. It writes into a folder of its own only.
 */
final class TestApplication
{
    /**
     * @param array<string, mixed> $config set before any provider is registered
     */
    public static function boot(array $config = []): Application
    {
        $app = self::create($config);
        $app->make(ConsoleKernelContract::class)->bootstrap();

        return $app;
    }

    /**
     * @param array<string, mixed> $config
     */
    public static function create(array $config = [], ?string $writable = null): Application
    {
        $writable ??= self::folder();
        $app = new Application(__DIR__.'/app');
        $app->useStoragePath($writable.'/storage');

        foreach (['SERVICES', 'PACKAGES', 'CONFIG', 'ROUTES', 'EVENTS'] as $cache) {
            $_SERVER['APP_'.$cache.'_CACHE'] = $writable.'/bootstrap/'.strtolower($cache).'.php';
        }

        if (method_exists($app, 'dontMergeFrameworkConfiguration')) {
            $app->dontMergeFrameworkConfiguration();
        }

        $app->singleton(HttpKernel::class, AppKernel::class);
        $app->singleton(ConsoleKernelContract::class, ConsoleKernel::class);
        $app->singleton(ExceptionHandler::class, Handler::class);
        $app->beforeBootstrapping(RegisterProviders::class, static function (Application $app) use ($config): void {
            foreach ($config as $key => $value) {
                $app->make('config')->set($key, $value);
            }
        });

        return $app;
    }

    /** A fresh folder with what Laravel wants to write to; removed when the process ends. */
    public static function folder(): string
    {
        $folder = sys_get_temp_dir().'/ferry-laravel-'.bin2hex(random_bytes(8));

        foreach (['storage/framework/sessions', 'storage/framework/cache/data', 'storage/framework/views', 'storage/logs', 'storage/app', 'bootstrap'] as $part) {
            mkdir($folder.'/'.$part, 0777, true);
        }

        $pid = getmypid();
        register_shutdown_function(static function () use ($folder, $pid): void {
            if (getmypid() === $pid) {
                (new Filesystem())->deleteDirectory($folder);
            }
        });

        return $folder;
    }
}
