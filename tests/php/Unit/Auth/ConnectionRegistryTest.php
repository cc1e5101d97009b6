<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Auth;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Auth\ConnectionRegistry;
use Ferry\Auth\RevocationAdmission;
use Ferry\Auth\RevokedTokens;
use Ferry\Auth\UserAdmission;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Cache\Adapter\ArrayAdapter;

final class ConnectionRegistryTest extends TestCase
{
    public function testFollowsTheConnectionsOfUsers(): void
    {
        $registry = new ConnectionRegistry();
        $dispatcher = HandlerDispatcher::of([self::handler()], enclosing: [$registry]);
        $connections = [];

        foreach (['alice', 'alice', '7', ''] as $user) {
            $connections[] = $connection = new FakeConnection(identity: '' === $user ? null : new Identity($user), verifier: static fn (string $token): Identity => new Identity($token));
            $dispatcher->onOpen($connection);
        }

        self::assertSame([$connections[0], $connections[1]], $registry->ofUser('alice'));
        self::assertSame([$connections[2]], $registry->ofUser(7));
        self::assertSame(['alice', '7'], $registry->users());

        $dispatcher->onClose($connections[0], 1000, '');
        self::assertSame([$connections[1]], $registry->ofUser('alice'));

        // Another user logs in on the same connection.
        $connections[1]->authenticate('bob');
        $dispatcher->onMessage($connections[1], '{"type":"hello"}', false);
        self::assertFalse($registry->isConnected('alice'));
        self::assertSame([$connections[1]], $registry->ofUser('bob'));

        foreach ([1, 2, 3] as $one) {
            $dispatcher->onClose($connections[$one], 1000, '');
        }

        self::assertSame([], $registry->users());
    }

    public function testDisconnectsAUser(): void
    {
        $registry = new ConnectionRegistry();
        $connections = [new FakeConnection(identity: new Identity('alice')), new FakeConnection(identity: new Identity('alice')), new FakeConnection(identity: new Identity('bob'))];
        array_map($registry->add(...), $connections);
        $connections[1]->close();

        self::assertSame(1, $registry->disconnectUser('alice', reason: 'Logged out'));
        self::assertSame([4401, 'Logged out'], [$connections[0]->closeCode(), $connections[0]->closeReason()]);
        self::assertTrue($connections[2]->isOpen());
        self::assertSame(0, $registry->disconnectUser('nobody'));
    }

    public function testRevokedTokenEndsItsConnectionsAndIsRefused(): void
    {
        $revoked = new RevokedTokens();
        $registry = new ConnectionRegistry($revoked);
        $byId = new FakeConnection(identity: new Identity('alice', claims: ['jti' => 'id-1'], token: 'x.y.z'));
        $byToken = new FakeConnection(identity: new Identity('bob', token: 'opaque'));
        $other = new FakeConnection(identity: new Identity('alice', claims: ['jti' => 'id-2'], token: 'u.v.w'));
        array_map($registry->add(...), [$byId, $byToken, $other]);

        self::assertSame(1, $registry->revokeToken('id-1', time() + 60));
        self::assertSame(1, $registry->revokeToken('opaque'));
        self::assertSame([4401, 4401], [$byId->closeCode(), $byToken->closeCode()]);
        self::assertTrue($other->isOpen());

        $admission = new RevocationAdmission($revoked);
        $admit = static fn (?Identity $identity) => $admission->admit(new FakeHandshake(identity: $identity), new HandlerDescriptor('h', \stdClass::class, null), [], null);
        self::assertSame([401, 401, null, null], array_map($admit, [$byId->identity(), $byToken->identity(), $other->identity(), null]));
    }

    public function testTokenThatNamesNobodyIsRevoked(): void
    {
        $registry = new ConnectionRegistry();
        $dispatcher = HandlerDispatcher::of([self::handler()], enclosing: [$registry]);
        $verifier = static fn (string $token): Identity => new Identity('', token: $token);
        $connections = [
            new FakeConnection(identity: new Identity('', claims: ['jti' => 'id-1'])),
            new FakeConnection(identity: new Identity('', token: 'opaque')),
            new FakeConnection(verifier: $verifier),
            new FakeConnection(identity: new Identity('', token: 'another')),
        ];
        array_map($dispatcher->onOpen(...), $connections);
        $connections[2]->authenticate('later');
        $dispatcher->onMessage($connections[2], '{"type":"hello"}', false);

        self::assertSame([], $registry->users(), 'it is no user');
        self::assertSame([[], false, 0], [$registry->ofUser(''), $registry->isConnected(''), $registry->disconnectUser('')]);
        self::assertSame([1, 1, 1], array_map($registry->revokeToken(...), ['id-1', 'opaque', 'later']));
        self::assertSame([false, false, false, true], array_map(static fn (FakeConnection $connection): bool => $connection->isOpen(), $connections));

        // The watch looks at them, too.
        self::assertCount(4, $registry->all());
        array_map(static fn (FakeConnection $connection) => $dispatcher->onClose($connection, 1000, ''), $connections);
        self::assertSame([], $registry->all());
    }

    /**
     * @dataProvider numbers
     */
    #[DataProvider('numbers')]
    public function testIdOfATokenMayBeANumber(int|float $jti): void
    {
        $registry = new ConnectionRegistry($revoked = new RevokedTokens());
        $byNumber = new FakeConnection(identity: new Identity('alice', claims: ['jti' => $jti]));
        $other = new FakeConnection(identity: new Identity('alice', claims: ['jti' => 7]));
        array_map($registry->add(...), [$byNumber, $other]);

        self::assertSame(1, $registry->revokeToken($jti));
        self::assertSame([true, false], array_map($revoked->isRevoked(...), [$byNumber->identity(), $other->identity()]));

        $byText = new FakeConnection(identity: new Identity('bob', claims: ['jti' => $jti]));
        $registry->add($byText);
        self::assertSame(1, $registry->revokeToken((string) $jti) - (int) $byNumber->isOpen());
        self::assertFalse($byText->isOpen());
    }

    /**
     * @return iterable<array{int|float}>
     */
    public static function numbers(): iterable
    {
        yield [42];
        yield [0];
        // Above what PHP's integers hold.
        yield [1.2345678901234567e19];
    }

    public function testRevocationEndsWithTheTokenAndIsBounded(): void
    {
        $now = 1000;
        $revoked = new RevokedTokens(null, 10, static function () use (&$now): int { return $now; });
        $is = static fn (string $token): bool => $revoked->isRevoked(new Identity('a', token: $token));

        $revoked->revoke('long', 5000);
        $revoked->revoke('short', 1010);
        $revoked->revoke('over', 1000);
        self::assertSame([true, true, false], array_map($is, ['long', 'short', 'over']));
        $now = 1010;
        self::assertSame([true, false], array_map($is, ['long', 'short']));

        for ($i = 0; $i < 20; ++$i) {
            $revoked->revoke('t'.$i, 2000 + $i);
        }

        self::assertTrue($is('long'));
        self::assertTrue($is('t19'));
        self::assertFalse($is('t0'), 'what expires first goes first');
    }

    public function testControllersRevokeThroughACache(): void
    {
        $pool = new ArrayAdapter();
        (new RevokedTokens($pool))->revoke('id-1');

        self::assertTrue((new RevokedTokens($pool))->isRevoked(new Identity('alice', claims: ['jti' => 'id-1'])));
        self::assertFalse((new RevokedTokens())->isRevoked(new Identity('alice', claims: ['jti' => 'id-1'])));
    }

    public function testWhoIsNobodyIsRefused(): void
    {
        $admit = static fn (?Identity $token, ?Identity $found = null) => (new UserAdmission())->admit(new FakeHandshake(identity: $token), new HandlerDescriptor('h', \stdClass::class, null), [], $found);

        self::assertSame(401, $admit(null));
        self::assertSame(401, $admit(new Identity('')), 'a token without a subject');
        self::assertNull($admit(new Identity('alice')));
        self::assertNull($admit(null, new Identity('alice')));
    }

    private static function handler(): object
    {
        return new #[AsWsHandler('/')] class {
            #[OnMessage]
            public function anything(): void
            {
            }
        };
    }
}
