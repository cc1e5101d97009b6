<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Exception\PublishRefusedException;

/**
 * Through Redis' pub/sub, to every server that subscribes to the channel (option "redis" of the server). Each answers to a
 * list that only this request reads, so the counts are sums over the servers.
 */
final class RedisTransport implements TransportInterface
{
    private ?RedisConnection $connection = null;
    private int $pid = 0;

    /**
     * @param \Closure(): RedisConnection $connect
     * @param float                       $timeout seconds that all servers together have to answer
     */
    private function __construct(private readonly \Closure $connect, private readonly string $channel, private readonly float $timeout)
    {
    }

    /**
     * @param string $dsn redis://[user:password@]host[:port][/db][?channel=ferry], rediss:// for TLS, redis:///path.sock
     */
    public static function fromDsn(#[\SensitiveParameter] string $dsn, float $timeout = 2.0): self
    {
        // parse_url() takes no URL without a host.
        $local = 1 === preg_match('{^redis:///([^?]+)}', $dsn, $path);
        $parts = parse_url($local ? preg_replace('{^redis:///[^?]+}', 'redis://localhost', $dsn) ?? '' : $dsn);

        if (!\is_array($parts) || !isset($parts['host'])) {
            throw new InvalidArgumentException('The Redis DSN must be redis://[user:password@]host[:port][/db][?channel=name], rediss:// or redis:///path');
        }

        parse_str($parts['query'] ?? '', $query);
        $channel = $query['channel'] ?? 'ferry';
        $database = ltrim($parts['path'] ?? '', '/');

        if (!\is_string($channel) || '' === $channel || ('' !== $database && !ctype_digit($database)) || [] !== array_diff_key($query, ['channel' => true])) {
            throw new InvalidArgumentException('The Redis DSN may name a database by its number and, as only parameter, a channel');
        }

        $address = match (true) {
            $local => 'unix:///'.$path[1],
            'rediss' === ($parts['scheme'] ?? '') => sprintf('tls://%s:%d', $parts['host'], $parts['port'] ?? 6379),
            default => sprintf('tcp://%s:%d', $parts['host'], $parts['port'] ?? 6379),
        };
        $user = rawurldecode($parts['user'] ?? '');
        $password = rawurldecode($parts['pass'] ?? '');

        return new self(static fn (): RedisConnection => RedisConnection::open($address, $user, $password, (int) $database, $timeout), $channel, $timeout);
    }

    public function send(array $publications): array
    {
        $sum = array_fill(0, \count($publications), 0);

        foreach ($this->ask('POST', '/publish', Json::encode($publications)) as $answer) {
            foreach (Json::counts($answer, 'messages', \count($publications)) as $number => $reached) {
                $sum[$number] += $reached;
            }
        }

        return $sum;
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        $answers = $this->ask('POST', '/users/'.rawurlencode($userIdentifier).'/disconnect', Json::encode(['code' => $code, 'reason' => $reason]));

        return array_sum(array_map(static fn (array $answer): int => Json::count($answer, 'disconnected'), $answers));
    }

    public function connections(?string $room): array
    {
        $answers = $this->ask('GET', '/connections'.(null === $room ? '' : '?room='.rawurlencode($room)), 'null');

        return array_merge(...array_map(Json::connections(...), $answers));
    }

    /**
     * @return non-empty-list<array<mixed>> the answer of each server
     */
    private function ask(string $method, string $path, string $body): array
    {
        $reply = $this->channel.':reply:'.bin2hex(random_bytes(16));
        $request = sprintf('{"method":"%s","path":%s,"reply":%s,"body":%s}', $method, Json::encode($path), Json::encode($reply), $body);
        $redis = getmypid() === $this->pid ? $this->connection : null;
        $this->connection = null;

        if (null !== $redis && !$redis->isAlive()) {
            $redis = null;
        }

        $redis ??= ($this->connect)();
        $this->pid = (int) getmypid();
        $servers = $redis->command('PUBLISH', $this->channel, $request);

        if (!\is_int($servers) || $servers < 1) {
            $this->connection = $redis;

            throw new PublisherUnreachableException(sprintf('No WebSocket server listens to the Redis channel "%s": nothing was delivered', $this->channel));
        }

        $answers = [];
        $deadline = microtime(true) + $this->timeout;

        while (\count($answers) < $servers) {
            $left = $deadline - microtime(true);
            $answer = $left <= 0 ? null : $redis->command('BLPOP', $reply, sprintf('%.3F', max(0.001, $left)));

            if (!\is_array($answer) || !\is_string($answer[1] ?? null)) {
                throw new PublisherUnreachableException(sprintf('%d of %d WebSocket servers answered in time; whether the others delivered is not known', \count($answers), $servers));
            }

            $answers[] = Json::decode($answer[1]);
        }

        $this->connection = $redis;
        $accepted = [];

        foreach ($answers as $answer) {
            $problem = $answer['problem'] ?? null;

            if (\is_array($problem)) {
                throw new PublishRefusedException((int) ($problem['status'] ?? 0), (string) ($problem['code'] ?? ''), (string) ($problem['detail'] ?? ''));
            }

            $accepted[] = $answer;
        }

        return $accepted;
    }
}
