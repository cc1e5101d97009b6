<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Testing;

use Ferry\Connection;
use Ferry\Exception\AuthenticationException;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\LogicException;
use Ferry\Identity;
use Ferry\SendResult;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Testing\Frame;
use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\TestCase;

/**
 * Runs with and without ext-ferry, see Process\WithoutExtensionTest.
 */
final class FakeConnectionTest extends TestCase
{
    public function testItIsAConnectionForHandlers(): void
    {
        $greet = static fn (Connection $connection): SendResult => $connection->join('lobby')->send('hello '.$connection->identity()?->userIdentifier);
        $connection = new FakeConnection(identity: new Identity('alice', ['ROLE_USER'], ['a' => 1]));

        self::assertSame(SendResult::Sent, $greet($connection));

        $connection->assertSent('hello alice')->assertSentCount(1)->assertJoined('lobby')->assertNotJoined('attic')->assertOpen();
        self::assertEquals([new Frame('hello alice')], $connection->frames());
        self::assertSame(['a' => 1], $connection->claims());
        self::assertSame('127.0.0.1', $connection->remoteAddress);
        self::assertNotSame($connection->id, (new FakeConnection())->id);
    }

    public function testJsonIsComparedByWhatIsExpected(): void
    {
        $connection = new FakeConnection();
        $connection->sendJson(['type' => 'said', 'data' => ['text' => 'grüße/', 'at' => 1.0, 'tags' => ['a', 'b']]]);

        self::assertSame('{"type":"said","data":{"text":"grüße/","at":1.0,"tags":["a","b"]}}', $connection->frames()[0]->data);
        $connection
            ->assertSentJson(['type' => 'said'])
            ->assertSentJson(['data' => ['tags' => ['a', 'b'], 'at' => 1]])
            ->assertSentJson(['data' => ['text' => static fn (string $text): bool => str_starts_with($text, 'gr')]])
            ->assertNotSentJson(['data' => ['tags' => ['a']]])
            ->assertNotSentJson(['type' => 'other'])
            ->assertNotSentJson(['missing' => null]);
    }

    /**
     * @return iterable<string, array{\Closure(FakeConnection): mixed, string}>
     */
    public static function failures(): iterable
    {
        yield 'sent' => [static fn (FakeConnection $c) => $c->assertSent('b'), 'No message "b" was sent. Sent: '."\n  {\"a\":1}\n  (2 bytes, binary)"];
        yield 'sent what fits' => [static fn (FakeConnection $c) => $c->assertSent(static fn (string $data): bool => '' === $data), 'No message that fits was sent.'];
        yield 'JSON' => [static fn (FakeConnection $c) => $c->assertSentJson(['a' => 2]), 'No message with {"a":2} was sent.'];
        yield 'no JSON' => [static fn (FakeConnection $c) => $c->assertNotSentJson(['a' => 1]), 'A message with {"a":1} was sent.'];
        yield 'nothing' => [static fn (FakeConnection $c) => $c->assertNothingSent(), 'Something was sent.'];
        yield 'count' => [static fn (FakeConnection $c) => $c->assertSentCount(3), '2 messages were sent instead of 3.'];
        yield 'closed' => [static fn (FakeConnection $c) => $c->assertClosed(), 'The connection is open.'];
        yield 'open' => [static function (FakeConnection $c): void { $c->close(4001, 'why'); $c->assertOpen(); }, 'The connection was closed with 4001 why'];
        yield 'another code' => [static function (FakeConnection $c): void { $c->close(4001); $c->assertClosed(4002); }, 'The connection was closed with another code.'];
        yield 'joined' => [static fn (FakeConnection $c) => $c->assertJoined('a'), 'The connection is not in the room "a".'];
        yield 'not joined' => [static fn (FakeConnection $c) => $c->join('a')->assertNotJoined('a'), 'The connection is in the room "a".'];
    }

    public function testAssertionsFailWithWhatWasSent(): void
    {
        foreach (self::failures() as $name => [$assert, $message]) {
            $connection = new FakeConnection();
            $connection->send('{"a":1}');
            $connection->send("\xff\xfe", true);
            $failure = null;

            try {
                $assert($connection);
            } catch (AssertionFailedError $failure) {
            }

            self::assertNotNull($failure, $name);
            self::assertStringContainsString($message, $failure->getMessage(), $name);
        }
    }

    public function testAClosedConnectionIsInert(): void
    {
        $connection = new FakeConnection();
        $connection->join('7', 'b')->leave('b');
        self::assertSame(['7'], $connection->rooms());

        $connection->close(4001, 'enough');
        $connection->close(1000);

        self::assertSame(SendResult::Closed, $connection->send('late'));
        self::assertSame([], $connection->join('c')->rooms());
        self::assertFalse($connection->isOpen());
        $connection->assertClosed(4001, 'enough')->assertNothingSent();
    }

    public function testASlowClientDropsMessages(): void
    {
        $connection = (new FakeConnection())->willAnswer(SendResult::Dropped, 4096);

        self::assertSame(SendResult::Dropped, $connection->send('lost'));
        self::assertSame(4096, $connection->bufferedBytes());
        $connection->assertNothingSent();

        self::assertSame(SendResult::Queued, $connection->willAnswer(SendResult::Queued)->send('kept'));
        $connection->assertSent('kept')->clear()->assertNothingSent();
    }

    public function testAttributesAndPropertiesAreKept(): void
    {
        $connection = new FakeConnection();
        $connection->set('name', 'Alice');
        $connection->ping('p');
        $connection->anything = 'own property';

        self::assertSame('Alice', $connection->get('name'));
        self::assertSame('default', $connection->get('other', 'default'));
        self::assertSame('own property', $connection->anything);
        self::assertSame(['p'], $connection->pings());
    }

    public function testTheHandshakeGivesAddressAndIdentity(): void
    {
        $handshake = new FakeHandshake('/chat/5?lang=de&tags[]=a', ['Origin' => 'https://example.org'], ['c' => '1'], ['chat'], 'chat', '192.0.2.7', 'secret', new Identity('bob', claims: ['x' => 1]));
        $connection = new FakeConnection(handshake: $handshake);

        self::assertSame($handshake, $connection->handshake());
        self::assertSame(['/chat/5', ['lang' => 'de', 'tags' => ['a']]], [$handshake->path, $handshake->query]);
        self::assertSame(['https://example.org', null], [$handshake->header('ORIGIN'), $handshake->header('Via')]);
        self::assertSame(['bob', '192.0.2.7', ['x' => 1]], [$connection->identity()?->userIdentifier, $connection->remoteAddress, $handshake->claims()]);
        self::assertStringNotContainsString('secret', print_r($handshake, true));
    }

    public function testAuthenticateAsksTheVerifier(): void
    {
        $connection = new FakeConnection(verifier: static fn (string $jwt): ?Identity => 'good' === $jwt ? new Identity('carol') : null);

        self::assertSame('carol', $connection->authenticate('good')->userIdentifier);
        self::assertSame('carol', $connection->identity()?->userIdentifier);
        $this->expectException(AuthenticationException::class);
        $connection->authenticate('bad');
    }

    public function testArgumentsAreCheckedAsTheServerChecksThem(): void
    {
        $connection = new FakeConnection();
        $calls = [
            'must be UTF-8 for a text message' => static fn () => $connection->send("\xff"),
            '125 bytes' => static fn () => $connection->ping(str_repeat('p', 126)),
            'Argument $code' => static fn () => $connection->close(1005),
            '123 bytes' => static fn () => $connection->close(1000, str_repeat('r', 124)),
            '1 to 255 bytes' => static fn () => $connection->join(''),
            'must be UTF-8' => static fn () => $connection->leave("\xff"),
        ];

        foreach ($calls as $message => $call) {
            $thrown = null;

            try {
                $call();
            } catch (InvalidArgumentException $thrown) {
            }

            self::assertNotNull($thrown, $message);
            self::assertStringContainsString($message, $thrown->getMessage());
        }

        $this->expectException(LogicException::class);
        $connection->authenticate('without a verifier');
    }
}
