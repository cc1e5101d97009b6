<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublisherUnreachableException;
use Ferry\Publish\Publisher;
use Ferry\Publish\Transport\PhpRedisClient;
use Ferry\Publish\Transport\PredisClient;
use Ferry\Publish\Transport\RedisClientInterface;
use Ferry\Publish\Transport\RedisDsn;
use Ferry\Publish\Transport\RedisTransport;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Fixtures\RedisServer;
use Ferry\WsClient;
use PHPUnit\Framework\TestCase;

/**
 * rediss:// to a real Redis, with the extension redis and with Predis, and from the server.
 */
final class RedisTlsTest extends TestCase
{
    private const PAIR = ['cert_file' => 'renewed.pem', 'key_file' => 'renewed.key'];

    private ?Process $server = null;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        self::assertTrue(\extension_loaded('redis') && class_exists(\Predis\Client::class), 'The extension redis or Predis is missing: run scripts/install test');
    }

    protected function tearDown(): void
    {
        putenv('SSL_CERT_FILE');
        $this->server = null;
    }

    public function testServerAndPublisherMeetOverTls(): void
    {
        $redis = new RedisServer('local', true);
        $client = $this->serve($redis->tlsDsn(self::files(['ca_file' => 'ca.pem'] + self::PAIR)));

        foreach (['localhost', '127.0.0.1'] as $host) {
            $publisher = self::publisher(PhpRedisClient::class, $redis->tlsDsn(self::files(['ca_file' => 'ca.pem'] + self::PAIR), $host));
            self::assertSame(1, $publisher->publish('lobby', 'news', str_repeat('x', 200_000)));
            self::assertSame('{"type":"news","data":"'.str_repeat('x', 200_000).'","room":"lobby"}', $client->receive());
            self::assertCount(1, $publisher->connections('lobby'));
        }
    }

    public function testPredisTrustsWhomPhpTrusts(): void
    {
        $redis = new RedisServer('local');
        $client = $this->serve($redis->tlsDsn(self::files(['ca_file' => 'ca.pem'])));
        putenv('SSL_CERT_FILE='.RedisServer::tlsFile('ca.pem'));
        self::assertSame(1, self::publisher(PredisClient::class, $redis->tlsDsn([]))->publish('lobby', 'news'));
        self::assertSame('{"type":"news","data":null,"room":"lobby"}', $client->receive());
    }

    public function testPredisIsGivenNoFiles(): void
    {
        foreach ([['ca_file' => 'ca.pem'], self::PAIR] as $files) {
            try {
                new PredisClient(RedisDsn::parse('rediss://h?'.http_build_query(self::files($files))));
                self::fail('It was not refused');
            } catch (InvalidArgumentException $e) {
                self::assertStringContainsString('Install the extension redis', $e->getMessage());
            }
        }
    }

    public function testWhoCannotBeTrustedIsNotSpokenTo(): void
    {
        $local = new RedisServer('local');
        $other = new RedisServer('other');
        $asking = new RedisServer('local', true);
        $default = stream_context_get_options(stream_context_get_default());

        foreach ([
            'unknown authority' => $local->tlsDsn([]),
            'another authority' => $local->tlsDsn(self::files(['ca_file' => 'other.pem'])),
            'another name' => $other->tlsDsn(self::files(['ca_file' => 'ca.pem'])),
            'no certificate of ours' => $asking->tlsDsn(self::files(['ca_file' => 'ca.pem'])),
            'no TLS' => str_replace('rediss:', 'redis:', $local->tlsDsn([])),
        ] as $what => $dsn) {
            $this->assertUnreachable(PhpRedisClient::class, $dsn, !\in_array($what, ['no certificate of ours', 'no TLS'], true));
        }

        self::assertSame($default, stream_context_get_options(stream_context_get_default()), 'other streams of the process trust whom they trusted');
        $this->assertUnreachable(PredisClient::class, $local->tlsDsn([]), true);
        $this->assertUnreachable(PredisClient::class, str_replace('rediss:', 'redis:', $local->tlsDsn([])), false);
        putenv('SSL_CERT_FILE='.RedisServer::tlsFile('ca.pem'));
        $this->assertUnreachable(PredisClient::class, $other->tlsDsn([]), true);

        $this->expectException(PublisherUnreachableException::class);
        $this->expectExceptionMessage('No WebSocket server listens');
        self::publisher(PhpRedisClient::class, $local->tlsDsn(self::files(['ca_file' => 'ca.pem'])))->publish('lobby', 'e');
    }

    /**
     * @param class-string<RedisClientInterface> $class
     * @param bool                               $certificate whether the message must tell of one
     */
    private function assertUnreachable(string $class, string $dsn, bool $certificate): void
    {
        try {
            self::publisher($class, $dsn)->publish('lobby', 'e');
            self::fail('It was published');
        } catch (PublisherUnreachableException $e) {
            self::assertStringContainsString('cannot be reached', $e->getMessage());
            self::assertStringNotContainsString('a%2Fb', $e->getMessage());
            $certificate && self::assertMatchesRegularExpression('/certificate/i', $e->getMessage());
        }
    }

    /**
     * @return WsClient of a server of the test's
     */
    private function serve(string $dsn): WsClient
    {
        $options = json_encode(['redis' => ['dsn' => $dsn, 'timeout' => 20.0]], \JSON_THROW_ON_ERROR);
        $this->server = new Process([...Extension::php(), \dirname(__DIR__).'/Fixtures/publishing.php', '127.0.0.1:0', str_repeat('s', 32), $options]);
        $client = WsClient::connect($this->server->waitFor('/started (\S+) /')[1]);
        self::assertNotNull($client->receive());

        return $client;
    }

    /**
     * @param class-string<RedisClientInterface> $class
     */
    private static function publisher(string $class, string $dsn): Publisher
    {
        $dsn = RedisDsn::parse($dsn);

        return new Publisher(new RedisTransport(new $class($dsn, 20.0), $dsn->prefix, 20.0));
    }

    /**
     * @param array<string, string> $names
     *
     * @return array<string, string>
     */
    private static function files(array $names): array
    {
        return array_map(RedisServer::tlsFile(...), $names);
    }
}
