<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Ferry\Bridge\Laravel\Message;
use Illuminate\Contracts\Auth\Guard;

/**
 * @property string $text
 */
final class Say extends Message
{
    public function authorize(Guard $guard): bool
    {
        return 'Bob' !== $guard->user()?->name || 'forbidden' !== $this->input('text');
    }

    public function prepareForValidation(array $data): array
    {
        return isset($data['text']) && \is_string($data['text']) ? ['text' => trim($data['text'])] + $data : $data;
    }

    /**
     * @return array<string, string>
     */
    public function rules(): array
    {
        return ['text' => 'required|string|max:10', 'tags.*' => 'string'];
    }

    public function messages(): array
    {
        return ['text.max' => 'Keep it short.'];
    }
}
