<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

/**
 * A message class of plain properties.
 */
final class Note
{
    public function __construct(
        public readonly string $text,
        public readonly Mood $mood = Mood::Calm,
        public readonly ?int $stars = null,
    ) {
    }

    /**
     * @return array<string, mixed>
     */
    public static function rules(): array
    {
        return ['text' => ['required'], 'mood' => ['sometimes'], 'stars' => ['nullable']];
    }
}
