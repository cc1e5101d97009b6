<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Connection;
use Ferry\WsServer;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Gate;

/**
 * A handler that asks for all that Laravel gives.
 */
final class Chat
{
    public static bool $lost = false;

    private int $calls = 0;

    public function __construct(private readonly Counter $counter)
    {
    }

    /**
     * @return array<string, mixed>
     */
    #[OnOpen]
    public function open(Connection $connection, Room $room, ?User $user): array
    {
        $connection->join($room->slug);

        return ['type' => 'welcome', 'room' => $room->slug, 'user' => $user?->name];
    }

    /**
     * @return array<string, mixed>
     */
    #[OnMessage('say')]
    public function say(Say $message, Room $room, User $user, WsServer $server): array
    {
        $server->room($room->slug)->sendJson(['type' => 'said', 'text' => $message->text, 'by' => $user->name]);

        return ['type' => 'ok', 'validated' => $message->validated()];
    }

    /**
     * @return array<string, mixed>
     */
    #[OnMessage('note')]
    public function note(Note $note): array
    {
        DB::table('notes')->insert(['text' => $note->text]);

        return ['type' => 'noted', 'text' => $note->text, 'mood' => $note->mood->value, 'stars' => $note->stars];
    }

    #[OnMessage('log')]
    public function log(Note $note): string
    {
        DB::transaction(static fn () => DB::table('notes')->insert(['text' => $note->text]));

        return 'logged '.$note->text;
    }

    /**
     * @return array<string, mixed>
     */
    #[OnMessage('state')]
    public function state(Request $request): array
    {
        return [
            'type' => 'state',
            'user' => Auth::user()?->name,
            'instance' => ++$this->calls,
            'scoped' => $this->counter->next(),
            'agent' => $request->header('X-Agent'),
            'ip' => $request->ip(),
            'level' => DB::transactionLevel(),
        ];
    }

    #[OnMessage('owner-only')]
    public function ownerOnly(Room $room): string
    {
        Gate::authorize('enter', $room);

        return 'entered';
    }

    #[OnMessage('begin')]
    public function begin(): string
    {
        DB::beginTransaction();
        DB::table('notes')->insert(['text' => 'never committed']);

        return 'begun';
    }

    #[OnMessage('throw')]
    public function throw(): never
    {
        DB::transaction(static function (): void {
            DB::table('notes')->insert(['text' => 'rolled back']);

            throw new \DomainException('asked to throw');
        });
    }

    #[OnMessage('lose')]
    public function lose(): string
    {
        return DB::transaction(static function (): string {
            if (!self::$lost) {
                self::$lost = true;
                DB::connection()->setPdo(new DeadPdo());
                // The server is gone, and Laravel still believes itself in a transaction.
                (function (): void { $this->transactions = 1; })->call(DB::connection());
            }

            return 'kept '.DB::selectOne('select 1 as one')->one;
        });
    }

    #[OnMessage('missing')]
    public function missing(): User
    {
        return User::query()->findOrFail(999);
    }

    #[OnClose]
    public function close(): void
    {
        DB::table('notes')->insert(['text' => 'closed by '.(Auth::user()?->name ?? 'a guest')]);
    }
}
