<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Socket;

use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handshake;
use Ferry\Identity;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Laravel\Fixtures\Admin;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\Door;
use Ferry\Tests\Laravel\Fixtures\Knock;
use Ferry\Tests\Laravel\Fixtures\Room;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Illuminate\Cookie\CookieValuePrefix;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Gate;
use Illuminate\Support\Facades\URL;
use PHPUnit\Framework\TestCase;

/**
 * Real handshakes through Laravel's own guards and middleware.
 */
final class HandshakeGateTest extends TestCase
{
    private Application $app;
    private Knock $knock;

    private ?Handshake $handshake = null;
    private ?Identity $identity = null;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->app = TestApplication::boot();
        Database::create($this->app);
        $this->knock = new Knock();
        Auth::viaRequest('custom-request', static fn (Request $request): ?User => User::query()->where('name', $request->query('name'))->first());
        Gate::define('enter', static fn (User $user, Room $room): bool => $room->owner_id === $user->id);
    }

    protected function tearDown(): void
    {
        $this->knock->close();
    }

    public function testSessionOfAnEncryptedCookieSignsIn(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth');

        self::assertSame(101, $this->knock('/chat', ['Cookie' => $this->sessionCookie(2)]));
        self::assertSame('2', $this->identity?->userIdentifier);
        self::assertSame(401, $this->knock('/chat'));
        self::assertSame(401, $this->knock('/chat', ['Cookie' => 'ferry_session=nonsense']));
        self::assertSame(401, $this->knock('/chat', ['Cookie' => 'ferry_session='.rawurlencode($this->encrypted('ferry_session', str_repeat('x', 40)))]));
    }

    public function testSessionCookieOfAForeignPageCountsOnlyWhereOriginsAreChecked(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth');
        $cookie = $this->sessionCookie(2);

        self::assertSame(401, $this->knock('/chat', ['Cookie' => $cookie, 'Origin' => 'https://evil.example']));
        self::assertSame(401, $this->knock('/chat', ['Cookie' => $cookie, 'Origin' => 'null']));
        self::assertSame(101, $this->knock('/chat', ['Cookie' => $cookie, 'Origin' => 'https://ws.test:8000']));

        $this->app->make('config')->set('ws.server.allowed_origins', 'https://example.org');
        self::assertSame(101, $this->knock('/chat', ['Cookie' => $cookie, 'Origin' => 'https://example.org']));
    }

    public function testSessionIsLeftAsItWas(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth');
        $cookie = $this->sessionCookie(1);
        $files = (array) glob($this->app->storagePath().'/framework/sessions/*');
        $before = file_get_contents((string) $files[0]);

        self::assertSame(101, $this->knock('/chat', ['Cookie' => $cookie]));
        self::assertSame(401, $this->knock('/chat'));

        self::assertSame($files, glob($this->app->storagePath().'/framework/sessions/*'), 'no session is begun');
        self::assertSame($before, file_get_contents((string) $files[0]));
        self::assertNull(Auth::user());
    }

    public function testWebGroupBringsItsOwnSession(): void
    {
        Ws::handler('/chat', Door::class)->middleware('web', 'auth:web');

        self::assertSame(101, $this->knock('/chat', ['Cookie' => $this->sessionCookie(1)]));
        self::assertSame('1', $this->identity?->userIdentifier);
    }

    public function testTokenGuardReadsHeaderQueryAndSubprotocol(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth:api');

        self::assertSame(101, $this->knock('/chat', ['Authorization' => 'Bearer bob-token']));
        self::assertSame(101, $this->knock('/chat?api_token=bob-token'));
        self::assertSame(101, $this->knock('/chat', ['Sec-WebSocket-Protocol' => 'bearer, bob-token']));
        self::assertSame('2', $this->identity?->userIdentifier);
        self::assertSame(401, $this->knock('/chat', ['Authorization' => 'Bearer mallory']));
    }

    public function testGuardViaRequestSignsIn(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth:custom');

        self::assertSame(101, $this->knock('/chat?name=Bob'));
        self::assertSame('2', $this->identity?->userIdentifier);
        self::assertSame(401, $this->knock('/chat?name=Nobody'));
    }

    public function testConfiguredGuardIsAskedWithoutMiddleware(): void
    {
        Ws::handler('/chat', Door::class);
        $this->app->make('config')->set('ws.auth.guard', 'api');

        self::assertSame(101, $this->knock('/chat', ['Authorization' => 'Bearer alice-token']));
        self::assertSame('1', $this->identity?->userIdentifier);
        self::assertSame(101, $this->knock('/chat'), 'guests may come in');
        self::assertNull($this->identity);
        self::assertSame('web', Auth::getDefaultDriver());
    }

    public function testAbilityWithABoundModelDecides(): void
    {
        Ws::handler('/rooms/{room:slug}', Door::class)->middleware('auth:api', 'can:enter,room');

        self::assertSame(101, $this->knock('/rooms/deck', ['Authorization' => 'Bearer alice-token']));
        self::assertSame(403, $this->knock('/rooms/deck', ['Authorization' => 'Bearer bob-token']));
        self::assertSame(404, $this->knock('/rooms/none', ['Authorization' => 'Bearer alice-token']));
        self::assertSame(404, $this->knock('/nowhere'));
    }

    public function testThrottleRefusesWithItsStatus(): void
    {
        Ws::handler('/chat', Door::class)->middleware('throttle:2,1');

        self::assertSame([101, 101, 429], [$this->knock('/chat'), $this->knock('/chat'), $this->knock('/chat')]);
    }

    public function testFailureIsReportedAndRefusesWith500(): void
    {
        $this->app->make('router')->aliasMiddleware('broken', static fn (): never => throw new \DomainException('broken middleware'));
        Ws::handler('/chat', Door::class)->middleware('broken');

        self::assertSame(500, $this->knock('/chat'));
        self::assertStringContainsString('broken middleware', (string) file_get_contents($this->app->storagePath().'/logs/laravel.log'));
    }

    public function testMiddlewareThatRedirectsRefuses(): void
    {
        $this->app->make('router')->aliasMiddleware('away', static fn () => redirect('/login'));
        Ws::handler('/chat', Door::class)->middleware('away');

        self::assertSame(403, $this->knock('/chat'));
    }

    public function testUserIsThereDuringACallbackAndGoneAfterIt(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth:api');
        $this->knock('/chat', ['Authorization' => 'Bearer alice-token']);
        $auth = $this->app->make(ConnectionAuth::class);
        $queries = 0;
        $this->app->make('db')->listen(static function () use (&$queries): void { ++$queries; });

        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertSame([true, 0], ['1' === (string) Auth::id(), $queries], 'the identifier costs no query');
        self::assertSame('Alice', Auth::user()?->name);
        self::assertSame('Alice', Auth::guard('api')->user()?->name);
        self::assertSame('Alice', \request()->user()?->name);
        self::assertTrue(Gate::allows('enter', Room::query()->first()));
        self::assertSame(2, $queries, 'one for the user, one for the room');

        $auth->leave();
        self::assertNull(Auth::user());
        self::assertNull(\request()->user());
        self::assertSame('web', Auth::getDefaultDriver());
        self::assertSame(['driver' => 'token', 'provider' => 'users', 'hash' => false], $this->app->make('config')->get('auth.guards.api'));
    }

    public function testUserIsReadAnewForEachCallback(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth:api');
        $this->knock('/chat', ['Authorization' => 'Bearer bob-token']);
        $auth = $this->app->make(ConnectionAuth::class);

        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertSame('Bob', Auth::user()?->name);
        User::query()->where('id', 2)->update(['name' => 'Robert']);
        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertSame('Robert', Auth::user()?->name);
        User::query()->where('id', 2)->delete();
        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertNull(Auth::user());
        $auth->enter(null, fn () => $this->handshake);
        self::assertNull(Auth::id());
    }

    public function testGuardWithoutProviderFindsItsUserAgain(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth:custom');
        $this->knock('/chat?name=Bob');
        $auth = $this->app->make(ConnectionAuth::class);

        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertSame('Bob', Auth::user()?->name);
    }

    public function testGuardWithoutProviderIsShownTheTokenAgain(): void
    {
        Auth::viaRequest('custom-request', static fn (Request $request): ?User => User::query()->where('api_token', $request->bearerToken())->first());
        Ws::handler('/chat', Door::class)->middleware('auth:custom');
        $this->knock('/chat', ['Authorization' => 'Bearer bob-token']);
        $auth = $this->app->make(ConnectionAuth::class);

        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertSame('Bob', Auth::user()?->name);

        User::query()->where('id', 2)->update(['api_token' => 'revoked']);
        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertNull(Auth::user(), 'a revoked token');

        User::query()->where('id', 1)->update(['api_token' => 'bob-token']);
        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertNull(Auth::user(), 'a token that became somebody else\'s');
    }

    public function testTicketLetsItsUserInOnceThroughAnyGuard(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth:api');
        Ws::handler('/rooms/{room:slug}', Door::class)->middleware('auth', 'can:enter,room');
        $alice = User::query()->find(1);
        $ticket = Ws::ticket($alice);

        self::assertSame(101, $this->knock('/chat?ticket='.$ticket));
        self::assertSame('1', $this->identity?->userIdentifier);
        self::assertSame(401, $this->knock('/chat?ticket='.$ticket), 'used');
        self::assertSame(401, $this->knock('/chat?ticket=fwt1.forged.ticket'));
        self::assertSame(101, $this->knock('/rooms/deck', ['Sec-WebSocket-Protocol' => 'bearer, '.Ws::ticket($alice)]));
        self::assertSame(403, $this->knock('/rooms/deck?ticket='.Ws::ticket(User::query()->find(2))));
        self::assertSame(401, $this->knock('/rooms/deck'));

        $auth = $this->app->make(ConnectionAuth::class);
        $this->knock('/chat?ticket='.Ws::ticket($alice));
        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertSame('Alice', Auth::user()?->name);
        $auth->leave();
        self::assertSame(['driver' => 'session', 'provider' => 'users'], $this->app->make('config')->get('auth.guards.web'));
    }

    public function testTicketOfOneKindOfUserIsNoTicketForAGuardOfAnother(): void
    {
        $this->app->make('config')->set([
            'auth.providers.admins' => ['driver' => 'eloquent', 'model' => Admin::class],
            'auth.guards.admin' => ['driver' => 'session', 'provider' => 'admins'],
        ]);
        Ws::handler('/admin', Door::class)->middleware('auth:admin');
        Ws::handler('/chat', Door::class)->middleware('auth:web,admin');
        $customer = User::query()->find(1);
        $administrator = Admin::query()->find(1);

        self::assertSame(401, $this->knock('/admin?ticket='.Ws::ticket($customer)), 'the administrator of the same id is another');
        self::assertSame(101, $this->knock('/chat?ticket='.Ws::ticket($customer)));
        self::assertSame(101, $this->knock('/admin?ticket='.Ws::ticket($administrator)));

        $auth = $this->app->make(ConnectionAuth::class);
        $auth->enter($this->identity, fn () => $this->handshake);
        self::assertInstanceOf(Admin::class, Auth::user(), 'and in callbacks he is no customer');
        $auth->leave();
    }

    public function testConsoleRequestIsBackAfterAHandshake(): void
    {
        Ws::handler('/chat', Door::class);
        $before = $this->app->make('request');

        $this->knock('/chat');

        self::assertSame($before, $this->app->make('request'));
        self::assertSame('http://app.test/x', URL::to('/x'));
    }

    public function testHandshakesLeaveNothingBehind(): void
    {
        Ws::handler('/chat', Door::class)->middleware('auth');
        $dispatcher = $this->app->make(HandlerDispatcher::class);
        $cookie = $this->sessionCookie(1);
        self::assertSame(101, $this->knock('/chat', ['Cookie' => $cookie]));
        $decide = fn () => $dispatcher->onHandshake($this->handshake ?? throw new \LogicException('No handshake.'));

        $used = static function () use ($decide): int {
            for ($i = 0; $i < 300; ++$i) {
                self::assertInstanceOf(Identity::class, $decide());
            }

            gc_collect_cycles();

            return memory_get_usage();
        };
        $used();
        $before = $used();

        self::assertLessThan(8192, $used() - $before);
    }

    /**
     * @param array<string, string> $headers
     */
    private function knock(string $path, array $headers = []): int
    {
        return $this->knock->at($path, $headers, function (Handshake $handshake): Identity|bool|int|null {
            $this->handshake = $handshake;
            $decision = $this->app->make(HandlerDispatcher::class)->onHandshake($handshake);
            $this->identity = $decision instanceof Identity ? $decision : null;

            return $decision;
        });
    }

    /** The cookie of a session in which somebody has signed in, as a browser would send it. */
    private function sessionCookie(int $user): string
    {
        $session = $this->app->make('session')->driver();
        $session->setId(null);
        $session->start();
        $session->put(Auth::guard('web')->getName(), $user);
        $session->save();
        $id = $session->getId();
        $session->flush();
        $session->setId(null);
        Auth::forgetGuards();

        return 'other=1; ferry_session='.rawurlencode($this->encrypted('ferry_session', $id));
    }

    private function encrypted(string $cookie, string $value): string
    {
        $encrypter = $this->app->make('encrypter');

        return $encrypter->encrypt(CookieValuePrefix::create($cookie, $encrypter->getKey()).$value, false);
    }
}
