<?php

/*
 * Starts a chat, web server and WebSocket server, and stops both on Ctrl-C: what bin/demo of each example runs, with
 *   $project  the example's folder
 *   $console  its console, which knows app:setup and ws:serve
 *   $dataDir  where everything written goes, unless APP_DATA_DIR says so
 *
 * HTTP_PORT (8000), WS_PORT (8080): 0 takes a free one.
 * FERRY_EXTENSION: the extension's path, where no ini file loads it (target/release/libferry.so of this repository).
 */

declare(strict_types=1);

namespace App\Demo;

const READY_SECONDS = 30;
const STOP_SECONDS = 10;

$dataDir = getenv('APP_DATA_DIR') ?: $dataDir;
$addressFile = $dataDir.'/ws-address';
$logs = ['ws' => $dataDir.'/log/ws.log', 'http' => $dataDir.'/log/http.log'];
$phpWithFerry = [\PHP_BINARY, ...loadExtension()];

if (!is_dir($dataDir.'/log')) {
    mkdir($dataDir.'/log', 0777, true);
}

passthru(implode(' ', array_map(escapeshellarg(...), [\PHP_BINARY, $console, 'app:setup', '--quiet'])), $failed);

if (0 !== $failed) {
    exit($failed);
}

@unlink($addressFile);

$stop = false;
pcntl_async_signals(true);

foreach ([\SIGINT, \SIGTERM, \SIGHUP] as $signal) {
    pcntl_signal($signal, static function () use (&$stop): void { $stop = true; });
}

$children = [
    'ws' => start([...$phpWithFerry, $console, 'ws:serve', '-v', '--port='.port('WS_PORT', '8080')], $logs['ws'], $project),
    'http' => start([\PHP_BINARY, '-S', '127.0.0.1:'.port('HTTP_PORT', '8000'), '-t', $project.'/public'], $logs['http'], $project),
];


$deadline = microtime(true) + READY_SECONDS;
$announced = false;
$error = null;

while (!$stop && null === $error) {
    foreach ($children as $name => $child) {
        if (!proc_get_status($child)['running']) {
            $error = sprintf("The %s server has ended:\n\n%s", $name, trim((string) file_get_contents($logs[$name])));
        }
    }

    if (!$announced && is_file($addressFile) && preg_match('~\((http://\S+)\) started~', (string) file_get_contents($logs['http']), $match)) {
        $announced = true;
        echo <<<TEXT

              The chat is running. Open it in two windows, as two people:

                {$match[1]}

                alice, password alice
                bob, password bob

              Logs are in $dataDir/log. Stop it with Ctrl-C.


            TEXT;
    } elseif (!$announced && microtime(true) > $deadline) {
        $error = sprintf('The servers were not ready after %d s. Their logs are in %s/log.', READY_SECONDS, $dataDir);
    }

    // Any signal ends it early.
    usleep(100_000);
}

stop($children);

if (null !== $error) {
    fwrite(\STDERR, $error."\n");

    exit(1);
}

/**
 * @return list<string> what PHP needs on its command line to have the extension
 */
function loadExtension(): array
{
    // Asked of a new process: this one may have it from its own command line only.
    exec(escapeshellarg(\PHP_BINARY).' -r \'exit(extension_loaded("ferry") ? 0 : 1);\'', $output, $missing);

    if (0 === $missing) {
        return [];
    }

    $path = getenv('FERRY_EXTENSION') ?: __DIR__.'/../target/release/libferry.so';
    $extension = realpath($path);

    if (false === $extension) {
        fwrite(\STDERR, "The PHP extension \"ferry\" is not loaded, and there is none at $path.\nBuild it with \"cargo build --release\" at the root of the repository, or set FERRY_EXTENSION to its path.\n");

        exit(1);
    }

    return ['-d', 'extension='.$extension];
}

function port(string $variable, string $default): string
{
    $port = getenv($variable);

    return false === $port || '' === $port ? $default : $port;
}

/**
 * @param list<string> $command
 *
 * @return resource
 */
function start(array $command, string $log, string $directory)
{
    // A group of its own: a terminal sends Ctrl-C to ours, and a server that hears it and our SIGTERM too ends at once.
    $wrapper = [\PHP_BINARY, '-r', 'posix_setpgid(0, 0); pcntl_exec($argv[1], array_slice($argv, 2));', '--'];
    $process = proc_open([...$wrapper, ...$command], [['file', '/dev/null', 'r'], ['file', $log, 'w'], ['redirect', 1]], $pipes, $directory);

    return false === $process ? throw new \RuntimeException('Cannot start '.implode(' ', $command)) : $process;
}

/**
 * @param array<string, resource> $children
 */
function stop(array $children): void
{
    $deadline = microtime(true) + STOP_SECONDS;

    foreach ($children as $child) {
        proc_terminate($child, \SIGTERM);
    }

    foreach ($children as $child) {
        while (proc_get_status($child)['running'] && microtime(true) < $deadline) {
            usleep(20_000);
        }

        proc_terminate($child, \SIGKILL);
        proc_close($child);
    }
}
