<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Exception\PublishException;
use Ferry\Exception\PublishRefusedException;

/**
 * Through Redis, to every server that has the option "redis" with the same prefix.
 *
 * publish.lua numbers and writes down events of rooms with a history and hands everything to the servers, in one step. Each
 * server answers to a list that only this request reads, so the counts are sums over the servers. Without a server, events for
 * rooms that keep a history are written down, and what was published counts nobody; anything else throws.
 */
final class RedisTransport implements TransportInterface
{
    /** The interface's promise, over all servers. */
    private const CONNECTIONS = 10_000;

    private ?string $script = null;

    /**
     * @param float $timeout seconds that all servers together have to answer
     */
    public function __construct(
        private readonly RedisClientInterface $client,
        private readonly string $prefix = RedisDsn::PREFIX,
        private readonly float $timeout = 2.0,
    ) {
        if ($timeout <= 0) {
            throw new InvalidArgumentException(sprintf('Argument $timeout must be above 0 seconds, %s given', $timeout));
        }
    }

    /**
     * Uses the extension redis where it is loaded, else predis/predis.
     *
     * @throws InvalidArgumentException when the DSN cannot be used
     */
    public static function fromDsn(#[\SensitiveParameter] string $dsn, float $timeout = 2.0): self
    {
        $place = RedisDsn::parse($dsn);

        return new self(match (true) {
            \extension_loaded('redis') => new PhpRedisClient($place, $timeout),
            class_exists(\Predis\Client::class) => new PredisClient($place, $timeout),
            default => new MissingRedisClient(),
        }, $place->prefix, $timeout);
    }

    public function send(array $publications): array
    {
        $sum = array_fill(0, \count($publications), 0);
        $reply = $this->reply();
        $messages = array_map(Json::encode(...), $publications);
        [$servers, $needed] = $this->publish($reply, $messages);

        if (0 === $servers && 0 !== $needed) {
            throw $this->nobody();
        }

        foreach ($this->answers($reply, $servers) as $answer) {
            foreach (Json::counts($answer, 'messages', \count($publications)) as $number => $reached) {
                $sum[$number] += $reached;
            }
        }

        return $sum;
    }

    public function disconnect(string $userIdentifier, int $code, string $reason): int
    {
        $path = '/users/'.rawurlencode($userIdentifier).'/disconnect';

        return array_sum(array_map(static fn (array $answer): int => Json::count($answer, 'disconnected'), $this->ask('POST', $path, ['code' => $code, 'reason' => $reason])));
    }

    public function connections(?string $room): array
    {
        $path = '/connections'.(null === $room ? '' : '?room='.rawurlencode($room));

        return \array_slice(array_merge(...array_map(Json::connections(...), $this->ask('GET', $path, null))), 0, self::CONNECTIONS);
    }

    /**
     * @param list<string> $messages JSON
     *
     * @return array{int, int} servers that listen, and messages that need one
     */
    private function publish(string $reply, array $messages): array
    {
        $this->script ??= (string) file_get_contents(__DIR__.'/publish.lua');
        $arguments = [1, $this->prefix, $reply, '', 0, ...$messages];

        try {
            try {
                $answer = $this->client->command('EVALSHA', sha1($this->script), ...$arguments);
            } catch (RedisError $e) {
                $answer = $e->begins('NOSCRIPT') ? $this->client->command('EVAL', $this->script, ...$arguments) : throw $e;
            }
        } catch (RedisError $e) {
            throw match (true) {
                $e->begins('FERRY too large') => new PublishRefusedException(413, 'too_large', $e->getMessage()),
                $e->begins('FERRY') => new PublishRefusedException(422, 'malformed', $e->getMessage()),
                default => new PublishException('Redis refused, nothing was published: '.$e->getMessage(), 0, $e),
            };
        }

        if (!\is_array($answer) || !\is_int($answer[0] ?? null) || !\is_int($answer[1] ?? null)) {
            throw new PublishException('The answer is not that of Redis');
        }

        return [$answer[0], $answer[1]];
    }

    /**
     * @return non-empty-list<array<mixed>> the answer of each server
     */
    private function ask(string $method, string $path, mixed $body): array
    {
        $reply = $this->reply();
        $channel = $this->prefix.':events';

        try {
            $listening = $this->client->command('PUBSUB', 'NUMSUB', $channel);
            $servers = \is_array($listening) ? (int) ($listening[1] ?? 0) : 0;

            if ($servers < 1) {
                throw $this->nobody();
            }

            $this->client->command('PUBLISH', $channel, Json::encode(['method' => $method, 'path' => $path, 'reply' => $reply, 'body' => $body]));
        } catch (RedisError $e) {
            throw new PublishException('Redis refused, nothing was done: '.$e->getMessage(), 0, $e);
        }

        return $this->answers($reply, $servers);
    }

    /**
     * @return ($servers is positive-int ? non-empty-list<array<mixed>> : list<array<mixed>>)
     */
    private function answers(string $reply, int $servers): array
    {
        $answers = [];
        $deadline = microtime(true) + $this->timeout;

        while (\count($answers) < $servers) {
            $left = $deadline - microtime(true);
            $answer = $left <= 0 ? null : $this->client->command('BLPOP', $reply, sprintf('%.3F', max(0.001, $left)));

            if (!\is_array($answer) || !\is_string($answer[1] ?? null)) {
                throw new PublisherUnreachableException(sprintf('%d of %d WebSocket servers answered in time; whether the others delivered is not known', \count($answers), $servers));
            }

            $answers[] = Json::decode($answer[1]);
        }

        foreach ($answers as $answer) {
            $problem = $answer['problem'] ?? null;

            if (\is_array($problem)) {
                throw new PublishRefusedException((int) ($problem['status'] ?? 0), (string) ($problem['code'] ?? ''), (string) ($problem['detail'] ?? ''));
            }
        }

        return $answers;
    }

    private function reply(): string
    {
        return $this->prefix.':reply:'.bin2hex(random_bytes(16));
    }

    private function nobody(): PublisherUnreachableException
    {
        return new PublisherUnreachableException(sprintf('No WebSocket server listens to the Redis channel "%s:events": nothing was done', $this->prefix));
    }
}
