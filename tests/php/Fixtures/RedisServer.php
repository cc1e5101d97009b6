<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

/**
 * A Redis server of the test's own: a folder, a Unix socket, no port but one with TLS where a test asks for it, and a password.
 * It writes down everything before it answers.
 */
final class RedisServer
{
    private const SECONDS = 20;
    private const PASSWORD = 'a/b c';

    private readonly string $dir;

    /** @var ?resource */
    private $process = null;

    private int $tlsPort = 0;

    /**
     * @param ?string $certificate of tests/fixtures/tls, to speak TLS with, too
     * @param bool    $asks        for a certificate of its clients
     */
    public function __construct(private readonly ?string $certificate = null, private readonly bool $asks = false)
    {
        // Short: the path of a Unix socket has at most 107 bytes.
        $this->dir = sys_get_temp_dir().'/ferry-redis-'.bin2hex(random_bytes(4));
        mkdir($this->dir, 0700);
        $this->start();
    }

    public function __destruct()
    {
        null === $this->process || $this->stop();
        exec('rm -rf '.escapeshellarg($this->dir));
    }

    public function dsn(): string
    {
        return 'redis://:'.rawurlencode(self::PASSWORD).'@'.$this->dir.'/r.sock?db=1&prefix=test';
    }

    public static function tlsFile(string $name): string
    {
        return \dirname(__DIR__, 2).'/fixtures/tls/'.$name;
    }

    /**
     * @param array<string, string> $parameters
     */
    public function tlsDsn(array $parameters, string $host = 'localhost'): string
    {
        return 'rediss://:'.rawurlencode(self::PASSWORD).'@'.$host.':'.$this->tlsPort.'/1?'.http_build_query(['prefix' => 'test'] + $parameters);
    }

    public function wrongLogin(): string
    {
        return 'redis://:wrong@'.$this->dir.'/r.sock';
    }

    public function start(): void
    {
        $log = $this->dir.'/log';
        $command = ['redis-server', '--port', '0', '--unixsocket', $this->dir.'/r.sock', '--requirepass', self::PASSWORD, '--dir', $this->dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', ...$this->tlsArguments()];
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a']], $pipes, $this->dir);

        if (false === $process) {
            throw new \RuntimeException('Cannot start redis-server, run "scripts/install test"');
        }

        $this->process = $process;
        $deadline = microtime(true) + self::SECONDS;

        while (!$this->answers()) {
            if (microtime(true) > $deadline || !proc_get_status($process)['running']) {
                throw new \RuntimeException('redis-server does not come up, run "scripts/install test": '.@file_get_contents($log));
            }

            usleep(10_000);
        }
    }

    public function stop(): void
    {
        \assert(null !== $this->process);
        proc_terminate($this->process, \SIGKILL);

        while (proc_get_status($this->process)['running']) {
            usleep(1000);
        }

        proc_close($this->process);
        $this->process = null;
        @unlink($this->dir.'/r.sock');
    }

    /**
     * @return resource a connection that listens and does nothing
     */
    public function subscriber(string $channel)
    {
        $socket = stream_socket_client('unix://'.$this->dir.'/r.sock');

        if (false === $socket) {
            throw new \RuntimeException('Redis cannot be reached');
        }

        fwrite($socket, 'AUTH "'.self::PASSWORD."\"\r\nSUBSCRIBE $channel\r\n");

        // Until the subscription, of five lines and the number of channels, is confirmed.
        while (!str_starts_with((string) fgets($socket), ':1')) {
            feof($socket) && throw new \RuntimeException('Redis took no subscription');
        }

        return $socket;
    }

    /**
     * @return list<string>
     */
    private function tlsArguments(): array
    {
        if (null === $this->certificate) {
            return [];
        }

        $free = stream_socket_server('tcp://127.0.0.1:0');

        if (false === $free) {
            throw new \RuntimeException('No port is free');
        }

        $this->tlsPort = (int) substr((string) strrchr((string) stream_socket_get_name($free, false), ':'), 1);
        fclose($free);

        return ['--tls-port', (string) $this->tlsPort, '--bind', '127.0.0.1', '--tls-cert-file', self::tlsFile($this->certificate.'.pem'), '--tls-key-file', self::tlsFile($this->certificate.'.key'), '--tls-ca-cert-file', self::tlsFile('ca.pem'), '--tls-auth-clients', $this->asks ? 'yes' : 'no'];
    }

    private function answers(): bool
    {
        $socket = @stream_socket_client('unix://'.$this->dir.'/r.sock');

        if (false === $socket) {
            return false;
        }

        fwrite($socket, 'AUTH "'.self::PASSWORD."\"\r\nPING\r\n");

        return "+OK\r\n" === fgets($socket) && "+PONG\r\n" === fgets($socket);
    }
}
