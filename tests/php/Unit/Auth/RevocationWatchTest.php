<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Auth;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Auth\RevocationWatch;
use Ferry\Auth\RevokedTokens;
use Ferry\Identity;
use Ferry\Runner;
use Ferry\Runner\Progress;
use Ferry\Testing\FakeConnection;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\RecordingLogger;
use PHPUnit\Framework\TestCase;
use Psr\Cache\CacheItemPoolInterface;
use Symfony\Component\Cache\Adapter\ArrayAdapter;

final class RevocationWatchTest extends TestCase
{
    private ConnectionRegistry $registry;

    protected function setUp(): void
    {
        $this->registry = new ConnectionRegistry();
    }

    public function testClosesWhatAnotherProcessHasRevoked(): void
    {
        $pool = new ArrayAdapter();
        $connections = $this->connect(120);
        $watch = new RevocationWatch($this->registry, new RevokedTokens($pool), null, 0.0, 60.0);
        $this->tick($watch);
        self::assertSame([], $this->closed($connections));

        $elsewhere = new RevokedTokens($pool);
        array_map($elsewhere->revoke(...), ['id-0', 'id-77', 'token-119', 'nobody']);
        $this->tick($watch);

        self::assertSame([0, 77, 119], $this->closed($connections));
        self::assertSame([4401, 'Token revoked'], [$connections[77]->closeCode(), $connections[77]->closeReason()]);
    }

    public function testALaterTokenCounts(): void
    {
        $pool = new ArrayAdapter();
        $connection = new FakeConnection(identity: new Identity('alice', token: 'old'), verifier: static fn (string $token): Identity => new Identity('alice', token: $token));
        $this->registry->add($connection);
        $connection->authenticate('new');
        (new RevokedTokens($pool))->revoke('old');
        $watch = new RevocationWatch($this->registry, new RevokedTokens($pool), null, 0.0);

        $this->tick($watch);
        self::assertTrue($connection->isOpen());

        (new RevokedTokens($pool))->revoke('new');
        $this->tick($watch);
        self::assertFalse($connection->isOpen());
    }

    public function testOneTickAsksForFewAndTheNextOnesForTheRest(): void
    {
        $asked = [];
        $pool = $this->createMock(CacheItemPoolInterface::class);
        $pool->method('getItems')->willReturnCallback(static function (array $keys) use (&$asked): array {
            $asked[] = \count($keys);

            return [];
        });
        $this->connect(120);
        // Each slice is over at once, and the next round is far away.
        $watch = new RevocationWatch($this->registry, new RevokedTokens($pool), null, 3600.0, 0.0);

        for ($i = 0; $i < 6; ++$i) {
            $this->tick($watch);
        }

        self::assertSame([100, 100, 40], $asked, 'two names per token');
    }

    public function testNobodyIsAskedWhereNothingCanBeRevoked(): void
    {
        $connections = $this->connect(3);
        $revoked = new RevokedTokens();
        $watch = new RevocationWatch($this->registry, $revoked, null, 0.0);
        $this->tick($watch);
        self::assertSame([], $this->closed($connections));

        // By this process, though not through the registry.
        $revoked->revoke('id-1');
        $this->tick($watch);
        self::assertSame([1], $this->closed($connections));
    }

    public function testACacheThatIsAwayClosesNobodyAndIsReportedOnce(): void
    {
        $away = true;
        $pool = $this->createMock(CacheItemPoolInterface::class);
        $pool->method('getItems')->willReturnCallback(static function () use (&$away): array {
            return $away ? throw new \RuntimeException('no route') : [];
        });
        $connections = $this->connect(1);
        $logger = new RecordingLogger();
        $watch = new RevocationWatch($this->registry, new RevokedTokens($pool), $logger, 0.0);
        $warnings = static fn (): int => \count(array_filter($logger->records, static fn (array $record): bool => 'warning' === $record[0]));

        $this->tick($watch);
        $this->tick($watch);
        self::assertSame([1, []], [$warnings(), $this->closed($connections)]);

        $away = false;
        $this->tick($watch);
        $away = true;
        $this->tick($watch);
        self::assertSame(2, $warnings(), 'it went away again');
    }

    /**
     * @return list<FakeConnection>
     */
    private function connect(int $number): array
    {
        $connections = [];

        for ($i = 0; $i < $number; ++$i) {
            $this->registry->add($connections[] = new FakeConnection(identity: new Identity('user-'.$i, claims: ['jti' => 'id-'.$i], token: 'token-'.$i)));
        }

        return $connections;
    }

    /**
     * @param list<FakeConnection> $connections
     *
     * @return list<int>
     */
    private function closed(array $connections): array
    {
        return array_keys(array_filter($connections, static fn (FakeConnection $connection): bool => !$connection->isOpen()));
    }

    private function tick(RevocationWatch $watch): void
    {
        $watch->ticked(new Runner(new RecordingHandler()), new Progress());
    }
}
