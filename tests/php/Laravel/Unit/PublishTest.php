<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Bridge\Laravel\Server\ConfiguredOptions;
use Ferry\Publish\PublisherInterface;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Illuminate\Config\Repository;
use Illuminate\Support\Facades\DB;
use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\TestCase;

final class PublishTest extends TestCase
{
    public function testFakeRemembersWhatWasPublished(): void
    {
        $app = TestApplication::boot();
        Database::create($app);
        Ws::fake();
        Ws::assertNothingPublished();

        Ws::publish(['deck', 'hold'], 'said', ['text' => 'ahoy']);
        $app->make(PublisherInterface::class)->publish('deck', 'said', ['text' => 'again']);
        Ws::toUser(User::query()->find(2), 'invited');
        Ws::disconnectUser(1);

        Ws::assertPublished('said');
        Ws::assertPublished('said', 2);
        Ws::assertPublished('said', static fn (array $data): bool => 'again' === $data['text']);
        Ws::assertPublishedTo(['deck', 'hold'], 'said', static fn (array $data): bool => 'ahoy' === $data['text']);
        Ws::assertPublishedToUser(2, 'invited');
        Ws::assertNotPublished('left');
        Ws::assertNotPublished('said', static fn (array $data): bool => 'never' === $data['text']);
        Ws::assertUserDisconnected(1);

        foreach ([
            'the event' => static fn () => Ws::assertPublished('left'),
            'the count' => static fn () => Ws::assertPublished('said', 3),
            'the data' => static fn () => Ws::assertPublished('said', static fn (): bool => false),
            'the room' => static fn () => Ws::assertPublishedTo('mast', 'said'),
            'the user' => static fn () => Ws::assertPublishedToUser(1, 'invited'),
            'not published' => static fn () => Ws::assertNotPublished('said'),
            'nothing' => static fn () => Ws::assertNothingPublished(),
            'disconnected' => static fn () => Ws::assertUserDisconnected(2),
        ] as $what => $assertion) {
            self::assertTrue(self::fails($assertion), $what);
        }
    }

    public function testAssertionsWithoutAFakeAreAMistake(): void
    {
        TestApplication::boot();
        $this->expectException(\LogicException::class);
        $this->expectExceptionMessage('Ws::fake()');

        Ws::assertPublished('said');
    }

    public function testEventWaitsForTheCommitWhenAskedTo(): void
    {
        $app = TestApplication::boot(['ws.publish' => ['dsn' => 'memory:', 'after_commit' => true]]);
        $publisher = $app->make(PublisherInterface::class);
        $transport = (function () { return (function () { return $this->transport; })->call($this->publisher); })->call($publisher);

        DB::transaction(static function () use ($transport): void {
            Ws::publish('deck', 'inside');
            self::assertSame([], $transport->publications());
        });
        self::assertSame('inside', $transport->publications()[0]->event);

        try {
            DB::transaction(static function (): void {
                Ws::publish('deck', 'rolled back');

                throw new \DomainException();
            });
        } catch (\DomainException) {
        }

        Ws::publish('deck', 'outside');
        self::assertSame(['inside', 'outside'], array_column($transport->publications(), 'event'));
    }

    public function testOptionsOfTheServerComeFromTheConfiguration(): void
    {
        $config = new Repository(['ws' => [
            'server' => ['port' => '8081', 'ping_interval' => '12.5', 'allowed_origins' => 'https://a.test, https://b.test', 'trusted_proxies' => '', 'unix' => null],
            'auth' => ['jwt' => ['algorithms' => ['HS256']]],
            'publish' => ['dsn' => 'unix:///run/ws.sock', 'secret' => 's', 'after_commit' => true, 'timeout' => 1.0],
        ]]);

        self::assertSame([
            'allowed_origins' => ['https://a.test', 'https://b.test'],
            'control' => ['secret' => 's', 'listen' => 'unix:///run/ws.sock'],
            'jwt' => ['algorithms' => ['HS256']],
            'path' => ['/chat'],
            'ping_interval' => 12.5,
            'port' => 8081,
            'trusted_proxies' => [],
        ], self::sorted(ConfiguredOptions::from($config, ['/chat'])));
        self::assertSame([], ConfiguredOptions::from(new Repository(['ws' => ['server' => [], 'publish' => ['dsn' => null, 'secret' => null]]])));
    }

    public function testWhatWaitsTurnsFibersOn(): void
    {
        $from = static fn (array $api, bool $waits, array $server = []): array => array_intersect_key(ConfiguredOptions::from(new Repository(['ws' => ['server' => $server, 'api' => $api]]), null, $waits), ['fibers' => 1]);

        self::assertSame(['fibers' => true], $from([], true));
        self::assertSame(['fibers' => true], $from(['base_uri' => 'https://example.org'], false));
        self::assertSame([], $from(['mode' => 'async', 'base_uri' => null], false));
        self::assertSame([], $from(['mode' => 'kernel', 'base_uri' => 'https://example.org'], false));
        self::assertSame(['fibers' => false], $from([], true, ['fibers' => false]));
    }

    private static function fails(\Closure $assertion): bool
    {
        try {
            $assertion();
        } catch (AssertionFailedError) {
            return true;
        }

        return false;
    }

    /**
     * @param array<string, mixed> $options
     *
     * @return array<string, mixed>
     */
    private static function sorted(array $options): array
    {
        ksort($options);

        return $options;
    }
}
