<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Api;

use Ferry\Tests\Fixtures\Process;

/**
 * PHP's own web server with server.php, for as long as the object lives. It answers one request after the other.
 */
final class ApiServer
{
    /** 'http://127.0.0.1:43210' */
    public readonly string $url;

    private readonly Process $process;

    public function __construct(string $script = __DIR__.'/server.php')
    {
        $this->process = new Process([\PHP_BINARY, '-n', '-S', '127.0.0.1:0', $script]);
        $this->url = $this->process->waitFor('~\((http://127\.0\.0\.1:\d+)\) started~')[1];
    }

    /** Where nothing listens. */
    public static function closedPort(): string
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        \assert(false !== $socket);
        $address = (string) stream_socket_get_name($socket, false);
        fclose($socket);

        return 'http://'.$address;
    }
}
