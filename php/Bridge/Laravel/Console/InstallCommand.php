<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Ferry\Bridge\Laravel\FerryServiceProvider;
use Ferry\ExtensionCheck;
use Illuminate\Filesystem\Filesystem;
use Symfony\Component\Console\Attribute\AsCommand;

#[AsCommand(name: 'ws:install')]
final class InstallCommand extends Command
{
    /** Bytes of a Unix socket's path. */
    private const LONGEST_SOCKET = 103;

    protected $signature = 'ws:install {--force : Overwrite config/ws.php and routes/ws.php}';

    protected $description = 'Publish config/ws.php and routes/ws.php and add the WebSocket variables to .env';

    public function handle(Filesystem $files): int
    {
        $this->callSilently('vendor:publish', ['--provider' => FerryServiceProvider::class, '--force' => $this->option('force')]);
        $this->addEnvironmentVariables($files);
        $this->tell('info', 'Published config/ws.php and routes/ws.php.');

        if (!ExtensionCheck::isLoaded()) {
            $this->tell('warn', 'The PHP extension "ferry", in which the server lives, is not loaded yet: vendor/bin/ferry-install installs it.');
        }

        $this->line('  Next: php artisan make:ws-handler Chat, register it in routes/ws.php, then php artisan ws:serve');

        return self::SUCCESS;
    }

    private function addEnvironmentVariables(Filesystem $files): void
    {
        $file = $this->laravel->environmentFilePath();

        if (!$files->exists($file)) {
            return;
        }

        $contents = $files->get($file);
        $missing = array_filter([
            'WS_SERVER_HOST' => '127.0.0.1',
            'WS_SERVER_PORT' => '8080',
            'WS_HOST' => 'localhost',
            'WS_PORT' => '8080',
            'WS_SCHEME' => 'http',
            'FERRY_DSN' => $this->endpoint(),
            'FERRY_SECRET' => bin2hex(random_bytes(32)),
        ], static fn (string $name): bool => 1 !== preg_match('/^'.$name.'=/m', $contents), \ARRAY_FILTER_USE_KEY);

        if ([] === $missing) {
            return;
        }

        $lines = array_map(static fn (string $name, string $value): string => $name.'='.$value, array_keys($missing), $missing);
        $files->append($file, (str_ends_with($contents, "\n") ? "\n" : "\n\n").implode("\n", $lines)."\n");
    }

    /** A socket in the application's own folder, which no other one meets, as long as the system takes its path. */
    private function endpoint(): string
    {
        $socket = $this->laravel->storagePath().'/framework/ws.sock';

        return \strlen($socket) <= self::LONGEST_SOCKET ? 'unix://'.$socket : 'http://127.0.0.1:8081';
    }
}
