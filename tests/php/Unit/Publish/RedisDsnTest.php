<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Publish;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Publish\PublisherFactory;
use Ferry\Publish\ServerEndpoint;
use Ferry\Publish\Transport\RedisDsn;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class RedisDsnTest extends TestCase
{
    /**
     * @param array<string, mixed> $expected
     *
     * @dataProvider dsns
     */
    #[DataProvider('dsns')]
    public function testWhatADsnSays(string $dsn, string $shown, array $expected = []): void
    {
        $parsed = RedisDsn::parse($dsn);
        self::assertSame($shown, (string) $parsed);

        foreach ($expected + ['user' => null, 'password' => null, 'database' => 0, 'prefix' => 'ferry'] as $name => $value) {
            self::assertSame($value, $parsed->$name, $name);
        }
    }

    /**
     * @return iterable<array{0: string, 1: string, 2?: array<string, mixed>}>
     */
    public static function dsns(): iterable
    {
        yield ['redis://localhost', 'redis://localhost:6379'];
        yield ['rediss://[::1]:7000/', 'rediss://[::1]:7000', ['tls' => true, 'host' => '::1']];
        yield ['rediss://h?ca_file=/a%20b.pem&cert_file=c&key_file=k', 'rediss://h:6379', ['caFile' => '/a b.pem', 'certFile' => 'c', 'keyFile' => 'k']];
        yield ['redis://10.0.0.1:7000/3', 'redis://10.0.0.1:7000', ['database' => 3]];
        yield ['redis://h?db=4&prefix=shop:1', 'redis://h:6379', ['database' => 4, 'prefix' => 'shop:1']];
        yield ['redis:///run/r.sock?db=2', 'redis:///run/r.sock', ['path' => '/run/r.sock', 'database' => 2]];
        yield ['redis://al%20ice:p%40ss+@h', 'redis://h:6379', ['user' => 'al ice', 'password' => 'p@ss+']];
        yield ['redis://secret@/run/r.sock', 'redis:///run/r.sock', ['password' => 'secret']];
    }

    /**
     * The same that the server refuses.
     */
    public function testWhatIsNoDsnIsRefusedWithoutBeingShown(): void
    {
        foreach (['redis:h', 'redis://', 'redis:///', 'rediss:///run/r.sock', 'redis://h:0', 'redis://h:x', 'redis://h:99999', 'redis://h/x', 'redis://h/1?db=2', 'redis://h?db=', 'redis://h?cluster=1', 'redis://h?prefix=', 'redis://h?prefix=a%20b', 'redis://h#x', 'redis://h?ca_file=/ca.pem', 'rediss://h?ca_file=', 'rediss://h?cert_file=c', 'rediss://h?key_file=k', 'rediss://h?verify=0', 'redis://:hunter2@[::1'] as $dsn) {
            try {
                (new PublisherFactory())->create($dsn);
                self::fail($dsn);
            } catch (InvalidArgumentException $e) {
                self::assertStringStartsWith('The DSN for Redis must be redis://', $e->getMessage());
                self::assertStringNotContainsString('hunter2', $e->getMessage());
            }
        }
    }

    public function testFilesThatCannotBeReadAreNamed(): void
    {
        self::assertSame([], RedisDsn::parse('redis://h')->tlsOptions());
        $dsn = RedisDsn::parse('rediss://:hunter2@h?ca_file='.rawurlencode(__DIR__.'/none.pem'));

        try {
            $dsn->tlsOptions();
            self::fail('There is no such file');
        } catch (InvalidArgumentException $e) {
            self::assertSame('The DSN for Redis has ca_file='.__DIR__.'/none.pem, which cannot be read', $e->getMessage());
        }
    }

    public function testTheServerGetsItAsAnOption(): void
    {
        self::assertSame(['port' => 1, 'redis' => ['dsn' => 'redis://h']], ServerEndpoint::resolve(['port' => 1, 'control' => ['dsn' => 'redis://h', 'secret' => null]]));
        self::assertSame(
            ['redis' => ['queue_bytes' => 0, 'dsn' => 'rediss://h'], 'control' => ['secret' => 's', 'listen' => '127.0.0.1:1']],
            ServerEndpoint::resolve(['redis' => ['queue_bytes' => 0], 'control' => ['dsn' => 'rediss://h', 'secret' => 's', 'listen' => '127.0.0.1:1']]),
        );
        self::assertSame(['redis' => ['dsn' => 'redis://other']], ServerEndpoint::resolve(['redis' => ['dsn' => 'redis://other'], 'control' => ['dsn' => 'redis://h']]));
    }
}
