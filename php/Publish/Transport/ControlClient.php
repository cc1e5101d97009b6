<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublishException;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Exception\PublishRefusedException;

/**
 * Asks the control endpoint: HTTP/1.1 over a Unix socket or TCP, requests signed, the connection kept for the next one. It
 * needs no extension.
 *
 *     $client = ControlClient::fromDsn('unix:///run/ferry-control.sock', $secret);
 *     $status = $client->request('GET', '/status');
 */
final class ControlClient
{
    private const MAX_ANSWER = 64 * 1024 * 1024;

    private ?HttpConnection $connection = null;
    private int $pid = 0;

    /**
     * @param string $address stream address: unix:///path, tcp://host:port or tls://host:port
     * @param string $prefix  path that stands before the endpoint's own, without a slash at its end
     * @param float  $timeout seconds to connect, and for the server to take or send any byte
     */
    public function __construct(
        private readonly string $address,
        #[\SensitiveParameter] private readonly string $secret,
        private readonly string $host = 'localhost',
        private readonly string $prefix = '',
        private readonly float $timeout = 2.0,
    ) {
        if ('' === $secret) {
            throw new InvalidArgumentException('Argument $secret must not be empty: set the secret of the server\'s "control" option');
        }

        if ($timeout <= 0) {
            throw new InvalidArgumentException(sprintf('Argument $timeout must be above 0 seconds, %s given', $timeout));
        }
    }

    /**
     * @param string $dsn unix:///path or http(s)://host[:port][/path]
     */
    public static function fromDsn(#[\SensitiveParameter] string $dsn, #[\SensitiveParameter] string $secret, float $timeout = 2.0): self
    {
        if (1 === preg_match('{^unix:(?://)?(/.+)$}s', $dsn, $unix)) {
            return new self('unix://'.$unix[1], $secret, timeout: $timeout);
        }

        $parts = parse_url($dsn);
        $scheme = \is_array($parts) ? $parts['scheme'] ?? '' : '';

        if (!\is_array($parts) || !\in_array($scheme, ['http', 'https'], true) || !isset($parts['host']) || isset($parts['query']) || isset($parts['user'])) {
            throw new InvalidArgumentException('The DSN of the control endpoint must be unix:///path or http(s)://host:port, without user and query');
        }

        $port = $parts['port'] ?? ('https' === $scheme ? 443 : 80);

        return new self(
            sprintf('%s://%s:%d', 'https' === $scheme ? 'tls' : 'tcp', $parts['host'], $port),
            $secret,
            $parts['host'].(isset($parts['port']) ? ':'.$port : ''),
            rtrim($parts['path'] ?? '', '/'),
            $timeout,
        );
    }

    /**
     * @param string $path with query, encoded
     *
     * @return array<mixed> the answer
     *
     * @throws PublishRefusedException       when the server refuses
     * @throws PublisherUnreachableException when it cannot be reached or does not answer in time
     */
    public function request(string $method, string $path, string $body = ''): array
    {
        $request = $this->signed($method, $path, $body);
        // A connection made before a fork belongs to the parent.
        $kept = getmypid() === $this->pid ? $this->connection : null;
        $this->connection = null;
        $answer = null;

        if (null !== $kept) {
            try {
                $answer = $kept->exchange($request);
            } catch (PublisherUnreachableException $failure) {
                if ($failure->getCode() === HttpConnection::TIMED_OUT) {
                    throw $failure;
                }
                // The server ended the idle connection, or restarted. Sent again with the same nonce, the request is done
                // once at most.
            }
            $repeated = null === $answer;
        }

        if (null === $answer) {
            $kept = HttpConnection::open($this->address, $this->timeout, self::MAX_ANSWER);
            $answer = $kept->exchange($request);
        }

        if ($kept->isReusable()) {
            $this->connection = $kept;
            $this->pid = (int) getmypid();
        }

        [$status, $text] = $answer;

        if (200 === $status) {
            return Json::decode($text);
        }

        $problem = json_decode($text, true);

        if (!\is_array($problem) || !\is_string($problem['code'] ?? null)) {
            throw new PublishException(sprintf('The answer, status %d, is not that of a Ferry control endpoint: does another program listen there?', $status), $status);
        }

        if (409 === $status && ($repeated ?? false)) {
            throw new PublishException('The connection broke after the server had taken the request: it was done, how many connections got it is not known', $status);
        }

        throw new PublishRefusedException($status, $problem['code'], (string) ($problem['detail'] ?? ''));
    }

    private function signed(string $method, string $path, string $body): string
    {
        $path = $this->prefix.$path;
        $time = time();
        $nonce = bin2hex(random_bytes(16));
        // What a proxy cuts from the path is not signed by us: the endpoint must see the path as it is here.
        $signature = hash_hmac('sha256', "$method\n$path\n$time\n$nonce\n".hash('sha256', $body), $this->secret);

        return "$method $path HTTP/1.1\r\nHost: {$this->host}\r\nContent-Type: application/json\r\nContent-Length: ".\strlen($body)
            ."\r\nFerry-Timestamp: $time\r\nFerry-Nonce: $nonce\r\nFerry-Signature: $signature\r\n\r\n".$body;
    }
}
