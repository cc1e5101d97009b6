<?php

declare(strict_types=1);

namespace App\Models;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Collection;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;

/**
 * @property int                        $id
 * @property string                     $text
 * @property User                       $author
 * @property \Illuminate\Support\Carbon $created_at
 */
final class Message extends Model
{
    public const MAX_LENGTH = 2000;
    public const PAGE = 50;

    public const UPDATED_AT = null;

    protected $fillable = ['text'];

    /**
     * @return BelongsTo<User, self>
     */
    public function author(): BelongsTo
    {
        return $this->belongsTo(User::class, 'user_id');
    }

    public static function post(User $author, string $text): self
    {
        $message = new self(['text' => $text]);
        $message->author()->associate($author)->save();
        $author->seen();

        return $message;
    }

    /**
     * The last messages, oldest first.
     *
     * @param ?int $before only those with a lower id
     *
     * @return Collection<int, self>
     */
    public static function recent(int $limit = self::PAGE, ?int $before = null): Collection
    {
        return self::query()
            ->with('author')
            ->when($before, static fn (Builder $query) => $query->where('id', '<', $before))
            ->latest('id')
            ->limit($limit)
            ->get()
            ->reverse()
            ->values();
    }

    /**
     * The form in which the API and the socket send it.
     *
     * @return array{id: int, author: array{username: string, name: string, color: string}, text: string, sentAt: string}
     */
    public function toArray(): array
    {
        return ['id' => $this->id, 'author' => $this->author->profile(), 'text' => $this->text, 'sentAt' => $this->created_at->toAtomString()];
    }
}
