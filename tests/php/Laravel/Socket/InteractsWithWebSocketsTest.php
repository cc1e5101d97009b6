<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Socket;

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Bridge\Laravel\Testing\InteractsWithWebSockets;
use Ferry\Publish\PublisherInterface;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Laravel\Fixtures\Chat;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\Room;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Illuminate\Auth\Events\Logout;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Testing\TestCase;
use Illuminate\Support\Facades\Gate;

/**
 * The helper in Laravel's own TestCase, as an application's test uses it.
 */
final class InteractsWithWebSocketsTest extends TestCase
{
    use InteractsWithWebSockets;

    public function createApplication(): Application
    {
        return TestApplication::boot();
    }

    protected function setUp(): void
    {
        Extension::assertLoaded();
        parent::setUp();
        Database::create($this->app);
        Gate::define('enter', static fn (User $user, Room $room): bool => $room->owner_id === $user->id);
        Ws::handler('/rooms/{room:slug}', Chat::class)->middleware('auth:api');
    }

    public function testUserConnectsPastTheGuardOfTheHandler(): void
    {
        [$alice, $bob] = [User::query()->find(1), User::query()->find(2)];
        $first = $this->wsConnect('/rooms/deck', as: $alice);
        $second = $this->wsConnect('/rooms/deck', as: $bob);

        $first->assertReceivedJson(['type' => 'welcome', 'user' => 'Alice']);
        $first->sendJson(['type' => 'say', 'data' => ['text' => 'ahoy']]);
        $second->assertReceivedJson(['type' => 'said', 'text' => 'ahoy', 'by' => 'Alice']);
        $second->sendJson(['type' => 'owner-only'])->assertReceivedJson(['type' => 'error', 'code' => 'access_denied']);
    }

    public function testRefusalsAreAsserted(): void
    {
        $this->assertWsRefused(401, '/rooms/deck');
        $this->assertWsRefused(404, '/rooms/none', 'alice-token');
        $this->assertWsRefused(404, '/nowhere');
        $this->wsConnect('/rooms/deck', token: 'alice-token')->assertReceivedJson(['user' => 'Alice']);
    }

    public function testRequestsAndConnectionsShareTheApplication(): void
    {
        $alice = $this->wsConnect('/rooms/deck', as: User::query()->find(1));
        $alice->assertReceivedJson(['user' => 'Alice']);

        User::query()->where('id', 1)->update(['name' => 'Alicia']);

        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['user' => 'Alicia']);
    }

    public function testWhatIsPublishedIsRecordedAndReachesTheTestsOwnClients(): void
    {
        Ws::publish('hold', 'early');
        $alice = $this->wsConnect('/rooms/deck', as: User::query()->find(1));
        $alice->assertReceivedJson(['type' => 'welcome']);
        $this->app->make(PublisherInterface::class)->toUser(1, 'greeting', ['text' => 'hi', 'at' => 5]);

        $alice->assertReceivedJson(['type' => 'greeting', 'data' => ['text' => 'hi']]);
        $this->assertWsPublished('hold', 'early');
        $this->assertWsPublishedToUser(1, 'greeting', ['text' => 'hi']);
        self::assertCount(2, $this->wsPublished()->publications());
    }

    public function testLogoutClosesTheConnectionsOfTheUser(): void
    {
        $alice = $this->wsConnect('/rooms/deck', as: User::query()->find(1));
        $bob = $this->wsConnect('/rooms/deck', as: User::query()->find(2));
        $bob->assertReceivedJson(['type' => 'welcome']);

        $this->app->make('events')->dispatch(new Logout('web', User::query()->find(1)));

        $alice->assertReceivedJson(['type' => 'welcome']);
        $alice->assertClosed(4401, 'Logged out');
        $bob->assertOpen();
        $this->assertWsUserDisconnected(1);
    }

    public function testLogoutWithoutAServerIsALogout(): void
    {
        $this->app->make('events')->dispatch(new Logout('web', User::query()->find(1)));
        $this->app->make('config')->set('ws.auth.disconnect_on_logout', false);
        $this->app->make('events')->dispatch(new Logout('web', User::query()->find(2)));

        self::assertSame(['1'], $this->wsPublished()->disconnected());
    }
}
