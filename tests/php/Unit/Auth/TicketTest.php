<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Auth;

use Ferry\Auth\FileTicketLock;
use Ferry\Auth\TicketAdmission;
use Ferry\Auth\TicketIssuer;
use Ferry\Auth\TicketRedeemer;
use Ferry\Auth\UsedTickets;
use Ferry\Command\WsTicketCommand;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Testing\FakeHandshake;
use PHPUnit\Framework\TestCase;
use Psr\Cache\CacheItemPoolInterface;
use Symfony\Component\Cache\Adapter\ArrayAdapter;
use Symfony\Component\Console\Exception\InvalidOptionException;
use Symfony\Component\Console\Tester\CommandTester;

final class TicketTest extends TestCase
{
    private const SECRET = 'a secret of the application';

    private int $now = 1_800_000_000;

    public function testTicketLetsInOnce(): void
    {
        $ticket = $this->issuer()->issue('alice', ['ROLE_USER'], ['room' => 5], expiresAt: $this->now + 600);
        $redeemer = $this->redeemer();
        $identity = $redeemer->redeem($ticket);

        self::assertNotNull($identity);
        self::assertSame(['alice', ['ROLE_USER'], ['room' => 5], $this->now + 600], [$identity->userIdentifier, $identity->roles, $identity->claims, $identity->expiresAt]);
        self::assertNull($redeemer->redeem($ticket));
    }

    public function testTicketExpires(): void
    {
        $ticket = $this->issuer()->issue('alice', ttl: 10);
        $this->now += 10;

        self::assertNull($this->redeemer()->redeem($ticket));
    }

    public function testWhatWasNotSignedHereIsNoTicket(): void
    {
        $ticket = $this->issuer()->issue('alice');
        [$prefix, $content, $signature] = explode('.', $ticket);
        $other = strtr(base64_encode(str_replace('alice', 'admin', base64_decode(strtr($content, '-_', '+/')))), '+/', '-_');
        $redeemer = $this->redeemer();
        $forged = [
            'another secret' => (new TicketIssuer('another secret of 16 bytes', 30, fn () => $this->now))->issue('alice'),
            'another user' => "$prefix.".rtrim($other, '=').".$signature",
            'no signature' => "$prefix.$content.",
            'cut' => substr($ticket, 0, -1),
            'another version' => 'fwt2'.substr($ticket, 4),
            'more parts' => "$ticket.x",
            'empty' => '',
            'long' => 'fwt1.'.str_repeat('A', 100_000).'.x',
            'signed, but something else' => $prefix.'.'.base64_encode('[]').'.'.rtrim(strtr(base64_encode(hash_hmac('sha256', 'fwt1.'.base64_encode('[]'), hash_hmac('sha256', 'ferry.ticket', self::SECRET, true), true)), '+/', '-_'), '='),
        ];

        foreach ($forged as $name => $one) {
            self::assertNull($redeemer->redeem($one), $name);
        }

        self::assertNotNull($redeemer->redeem($ticket), 'the real one still works');
    }

    public function testWhatIsRememberedIsBounded(): void
    {
        $used = new UsedTickets(null, 3);

        foreach (['a', 'b', 'c'] as $nonce) {
            self::assertTrue($used->use($nonce, 110, 100));
        }

        self::assertFalse($used->use('d', 110, 100), 'else one of the first could be used again');
        self::assertSame(1, $used->refusedForSpace());
        self::assertTrue($used->use('d', 120, 110), 'the first ones have expired');
        self::assertFalse($used->use('d', 120, 110));
    }

    public function testProcessesShareWhatWasUsedThroughACache(): void
    {
        $pool = new ArrayAdapter();
        $ticket = $this->issuer()->issue('alice');

        self::assertNotNull($this->redeemer(new UsedTickets($pool))->redeem($ticket));
        self::assertNull($this->redeemer(new UsedTickets($pool))->redeem($ticket));
    }

    public function testOnlyOneOfTwoProcessesTakesATicketInTheSameInstant(): void
    {
        $pool = new ArrayAdapter();
        $first = $this->meanwhile($pool, static fn (): bool => (new UsedTickets($pool))->use('ab', 110, 100), $second);

        self::assertTrue((new UsedTickets($first))->use('ab', 110, 100));
        self::assertFalse($second, 'it looked before the first one had saved');
        self::assertFalse((new UsedTickets($pool))->use('ab', 110, 100), 'and afterwards');

        // Another ticket is nobody's business.
        $first = $this->meanwhile($pool, static fn (): bool => (new UsedTickets($pool))->use('cd', 110, 100), $second);
        self::assertTrue((new UsedTickets($first))->use('ef', 110, 100));
        self::assertTrue($second);
    }

    public function testLockOfFilesLeavesNoneBehind(): void
    {
        $folder = sys_get_temp_dir().'/ferry-lock-'.bin2hex(random_bytes(6));
        mkdir($folder);
        $lock = new FileTicketLock($folder);
        $release = $lock->acquire('a');

        self::assertNotNull($release);
        self::assertNull((new FileTicketLock($folder))->acquire('a'));
        $release();
        self::assertSame([], array_diff((array) scandir($folder), ['.', '..']));
        $again = $lock->acquire('a');
        self::assertNotNull($again);
        $again();
        rmdir($folder);

        $this->expectException(\RuntimeException::class);
        $this->expectExceptionMessage($folder);
        $lock->acquire('a');
    }

    public function testFailureOfTheCacheGivesTheLockBack(): void
    {
        $pool = $this->meanwhile(new ArrayAdapter(), static fn () => throw new \RuntimeException('The cache is away.'), $ignored);
        $used = static fn (): bool => (new UsedTickets($pool))->use('01', 110, 100);

        try {
            $used();
            self::fail('It was taken.');
        } catch (\RuntimeException $e) {
            self::assertSame('The cache is away.', $e->getMessage());
        }

        self::assertTrue($used(), 'the cache is back');
    }

    public function testBadArgumentsAreRefused(): void
    {
        foreach ([fn () => new TicketIssuer('short'), fn () => new TicketIssuer(self::SECRET, 0), fn () => new TicketIssuer(self::SECRET, 3601), fn () => $this->issuer()->issue(''), fn () => $this->issuer()->issue('a', ttl: -1)] as $call) {
            try {
                $call();
                self::fail('Accepted.');
            } catch (\InvalidArgumentException $e) {
                self::assertMatchesRegularExpression('/bytes|seconds|identifier/', $e->getMessage());
            }
        }

        $this->expectException(\LengthException::class);
        $this->issuer()->issue('alice', claims: ['long' => str_repeat('x', 5000)]);
    }

    public function testAdmission(): void
    {
        $admission = new TicketAdmission($this->redeemer());
        $admit = static fn (FakeHandshake $handshake) => $admission->admit($handshake, new HandlerDescriptor('h', \stdClass::class, null), [], null);
        $issue = fn (): string => $this->issuer()->issue('alice');

        self::assertNull($admit(new FakeHandshake('/chat')), 'others may let in who has none');
        self::assertNull($admit(new FakeHandshake('/chat', token: 'a.b.c')));
        self::assertSame('alice', $admit(new FakeHandshake('/chat?ticket='.$issue()))->userIdentifier);
        self::assertSame('alice', $admit(new FakeHandshake('/chat', token: $issue()))->userIdentifier);
        self::assertSame(401, $admit(new FakeHandshake('/chat?ticket=fwt1.x.y')));
        self::assertSame(401, $admit(new FakeHandshake('/chat?ticket[]=x')));
    }

    public function testCommandPrintsATicketAndNothingElse(): void
    {
        $tester = new CommandTester(new WsTicketCommand($this->issuer()));

        self::assertSame(0, $tester->execute(['user' => 'bob', '--role' => ['ROLE_A', 'ROLE_B'], '--ttl' => '5']));
        $identity = $this->redeemer()->redeem(rtrim($tester->getDisplay(), "\n"));
        self::assertSame(['bob', ['ROLE_A', 'ROLE_B']], [$identity?->userIdentifier, $identity?->roles]);

        $this->expectException(InvalidOptionException::class);
        $tester->execute(['user' => 'bob', '--ttl' => 'soon']);
    }

    /** The pool, where another process comes between looking and saving, once. */
    private function meanwhile(CacheItemPoolInterface $pool, \Closure $other, mixed &$outcome): CacheItemPoolInterface
    {
        $double = $this->createMock(CacheItemPoolInterface::class);
        $double->method('save')->willReturnCallback($pool->save(...));
        $double->method('getItem')->willReturnCallback(static function (string $key) use ($pool, &$other, &$outcome) {
            $item = $pool->getItem($key);
            [$meanwhile, $other] = [$other, null];
            $outcome = null === $meanwhile ? $outcome : $meanwhile();

            return $item;
        });

        return $double;
    }

    private function issuer(): TicketIssuer
    {
        return new TicketIssuer(self::SECRET, 30, fn (): int => $this->now);
    }

    private function redeemer(UsedTickets $used = new UsedTickets()): TicketRedeemer
    {
        return new TicketRedeemer(self::SECRET, $used, fn (): int => $this->now);
    }
}
