<?php

/**
 * A Laravel application under the soak tests, with all that surrounds a message: session guard at the handshake, the user in
 * each callback, validation, Eloquent with a transaction, and the clean-up afterwards.
 *
 * Paths: '/' answers '!stats' with the memory in use; '/notes' takes {"type":"note","text":…}.
 */

declare(strict_types=1);

use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Bridge\Laravel\Message;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Ferry\WsServer;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Log;

require \dirname(__DIR__).'/php/bootstrap.php';

final class SoakNote extends Model
{
    public $timestamps = false;

    protected $table = 'notes';

    protected $guarded = [];
}

/**
 * @property string $text
 */
final class WriteNote extends Message
{
    public function rules(): array
    {
        return ['text' => 'required|string|max:100'];
    }
}

final class NoteHandler
{
    #[OnMessage('note')]
    public function note(WriteNote $message, ?User $user): array
    {
        Log::withContext(['note' => $message->text]);
        $note = DB::transaction(static function () use ($message): SoakNote {
            SoakNote::query()->delete();

            return SoakNote::query()->create(['text' => $message->text]);
        });
        $note->refresh()->setAttribute('text', $note->text.'!');

        return ['noted' => $note->text, 'by' => $user?->name, 'id' => Auth::id()];
    }
}

final class StatsHandler
{
    #[OnMessage(raw: true)]
    public function stats(WsServer $server): string
    {
        gc_collect_cycles();
        preg_match('/^VmRSS:\s+(\d+) kB/m', (string) file_get_contents('/proc/self/status'), $resident);

        return json_encode(['heap' => memory_get_usage(), 'resident' => 1024 * (int) $resident[1], 'connections' => $server->count()], \JSON_THROW_ON_ERROR);
    }
}

$app = TestApplication::boot(['ws.auth.guard' => 'api', 'ws.server' => ['port' => 0, 'backlog' => 4096, 'outbox_bytes' => 16 << 20, 'ping_interval' => 0, 'idle_timeout' => 0]]);
Database::create($app);
DB::enableQueryLog();
Ws::handler('/', StatsHandler::class);
Ws::handler('/notes', NoteHandler::class);

$app->make(Runner::class)->run([], [new class extends Listener {
    public function started(Runner $runner, string $address): void
    {
        echo $address, "\n";
    }
}]);
