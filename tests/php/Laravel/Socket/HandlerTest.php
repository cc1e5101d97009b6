<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Socket;

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Event\MessageHandled;
use Ferry\HandlerInterface;
use Ferry\Runner;
use Ferry\Testing\TestClient;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Laravel\Fixtures\Chat;
use Ferry\Tests\Laravel\Fixtures\Counter;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\Room;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Illuminate\Foundation\Application;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Gate;
use Illuminate\Support\Facades\Log;
use PHPUnit\Framework\TestCase;

/**
 * Handlers over real sockets: arguments, validation, users, and a clean application for each event.
 */
final class HandlerTest extends TestCase
{
    use WsTestTrait;

    private Application $app;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->app = TestApplication::boot(['ws.auth.guard' => 'api']);
        $this->app->scoped(Counter::class);
        Database::create($this->app);
        Gate::define('enter', static fn (User $user, Room $room): bool => $room->owner_id === $user->id);
        Ws::handler('/rooms/{room:slug}', Chat::class);
    }

    protected function wsHandler(): Runner|HandlerInterface
    {
        return $this->app->make(Runner::class);
    }

    public function testPlaceholderIsAModelAndTheUserIsKnown(): void
    {
        $this->enter('alice');
        $this->enter(null);

        $this->assertWsRefused(404, '/rooms/none');
    }

    public function testMessageClassIsValidatedAndWhatIsReturnedIsSent(): void
    {
        $alice = $this->enter('alice');
        $bob = $this->enter('bob');
        $alice->sendJson(['type' => 'say', 'data' => ['text' => '  ahoy  ', 'other' => 1]]);

        $bob->assertReceivedJson(['type' => 'said', 'text' => 'ahoy', 'by' => 'Alice']);
        self::assertSame(['type' => 'ok', 'validated' => ['text' => 'ahoy']], $alice->assertReceivedJson(['type' => 'ok']));
    }

    public function testInvalidMessageIsAnErrorFrameWithViolationsAndTheConnectionStays(): void
    {
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'say', 'id' => 7, 'data' => ['text' => 'much too long', 'tags' => ['x', 5]]]);
        $frame = $alice->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message', 'id' => 7]);
        self::assertSame(['text', 'tags.1'], array_column($frame['violations'], 'path'));
        self::assertSame('Keep it short.', $frame['violations'][0]['message']);

        $alice->sendJson(['type' => 'say', 'data' => 'no object']);
        $alice->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message']);
        $alice->sendJson(['type' => 'say']);
        $alice->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message', 'violations' => [['path' => 'text']]]);
        $alice->sendJson(['type' => 'say', 'data' => ['text' => 'ahoy']])->assertReceivedJson(['type' => 'ok']);
    }

    public function testPlainMessageClassGetsItsValuesByName(): void
    {
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'note', 'text' => 'fog', 'mood' => 'stormy', 'stars' => 3])->assertReceivedJson(['type' => 'noted', 'text' => 'fog', 'mood' => 'stormy', 'stars' => 3]);
        $alice->sendJson(['type' => 'note', 'text' => 'sun'])->assertReceivedJson(['type' => 'noted', 'mood' => 'calm', 'stars' => null]);

        foreach ([['text' => ['a']], ['text' => 'x', 'mood' => 'bored'], ['text' => 'x', 'mood' => 5], ['text' => 'x', 'stars' => 'many'], []] as $data) {
            $alice->sendJson(['type' => 'note', 'data' => $data])->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message']);
        }

        self::assertSame(['fog', 'sun'], DB::table('notes')->pluck('text')->all());
        self::assertSame([], $this->wsServer()->failures());
    }

    public function testUserAndGatesAreThoseOfTheConnection(): void
    {
        $alice = $this->enter('alice');
        $bob = $this->enter('bob');
        $guest = $this->enter(null);

        $alice->sendJson(['type' => 'owner-only'])->assertReceived('entered');
        $bob->sendJson(['type' => 'owner-only'])->assertReceivedJson(['type' => 'error', 'code' => 'access_denied']);
        $guest->sendJson(['type' => 'owner-only'])->assertReceivedJson(['type' => 'error', 'code' => 'access_denied']);
        $guest->sendJson(['type' => 'say', 'data' => ['text' => 'hi']])->assertReceivedJson(['type' => 'error', 'code' => 'unauthenticated']);
        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['user' => 'Alice']);
        $bob->sendJson(['type' => 'state'])->assertReceivedJson(['user' => 'Bob']);
        self::assertNull($this->app->make('auth')->user());
    }

    public function testHandlerAndScopedServicesAreMadeAnewForEachEvent(): void
    {
        $alice = $this->enter('alice');

        for ($i = 0; $i < 3; ++$i) {
            $alice->sendJson(['type' => 'state'])->assertReceivedJson(['instance' => 1, 'scoped' => 1]);
        }
    }

    public function testRequestIsThatOfTheHandshake(): void
    {
        $alice = $this->wsConnect('/rooms/deck', 'alice-token', ['X-Agent' => 'lighthouse']);
        $alice->assertReceivedJson(['type' => 'welcome']);

        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['agent' => 'lighthouse', 'ip' => '127.0.0.1']);
    }

    public function testOpenTransactionIsRolledBackWithAWarning(): void
    {
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'begin'])->assertReceived('begun');
        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['level' => 0]);

        self::assertSame(0, DB::table('notes')->count());
        self::assertStringContainsString('left a transaction open', $this->log());
    }

    public function testMessageThatLosesItsDatabaseIsHandledOnceMore(): void
    {
        Chat::$lost = false;
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'lose'])->assertReceived('kept 1');

        self::assertTrue(Chat::$lost);
        self::assertSame([], $this->wsServer()->failures());
        self::assertStringContainsString('connection was lost', $this->log());
    }

    public function testExceptionIsReportedAndTheNextMessageWorks(): void
    {
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'throw', 'id' => 'x'])->assertReceivedJson(['type' => 'error', 'code' => 'internal_error', 'id' => 'x']);
        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['user' => 'Alice', 'level' => 0]);

        self::assertSame(0, DB::table('notes')->count());
        self::assertSame(1, substr_count($this->log(), 'ERROR: asked to throw'));
    }

    public function testMissingModelIsTheClientsFault(): void
    {
        $alice = $this->enter('alice');

        $frame = $alice->sendJson(['type' => 'missing'])->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message']);
        self::assertStringNotContainsString('Fixtures', $frame['message']);

        Room::query()->delete();
        $alice->sendJson(['type' => 'owner-only'])->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message']);
    }

    public function testCloseHasTheUserToo(): void
    {
        $alice = $this->enter('alice');
        $alice->close();

        $this->wsWaitUntil(static fn (): bool => DB::table('notes')->where('text', 'closed by Alice')->exists(), 'the close was handled');
        self::assertSame([], $this->wsServer()->failures());
    }

    public function testEventsGoToLaravelsListeners(): void
    {
        $handled = [];
        $this->app->make('events')->listen(MessageHandled::class, static function (MessageHandled $event) use (&$handled): void {
            $handled[] = $event->envelope->message?->type;
        });
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['type' => 'state']);

        self::assertSame(['state'], $handled);
    }

    public function testLogContextQueryLogAndLocaleDoNotOutliveAnEvent(): void
    {
        $this->app->make('events')->listen(MessageHandled::class, function (): void {
            Log::withContext(['secret' => 'of Alice']);
            $this->app->setLocale('de');
        });
        DB::enableQueryLog();
        $alice = $this->enter('alice');
        $alice->sendJson(['type' => 'state'])->assertReceivedJson(['type' => 'state']);
        // The clean-up is behind the answer.
        $alice->sendJson(['type' => 'unknown'])->assertReceivedJson(['type' => 'error']);

        Log::info('afterwards');
        self::assertStringContainsString('afterwards', $this->log());
        self::assertStringNotContainsString('of Alice', $this->log());
        self::assertSame('en', $this->app->getLocale());
        self::assertSame([], DB::getQueryLog());
    }

    private function enter(?string $name): TestClient
    {
        $client = $this->wsConnect('/rooms/deck', null === $name ? null : $name.'-token');
        $client->assertReceivedJson(['type' => 'welcome', 'room' => 'deck', 'user' => null === $name ? null : ucfirst($name)]);

        return $client;
    }

    private function log(): string
    {
        return (string) @file_get_contents($this->app->storagePath().'/logs/laravel.log');
    }
}
