<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel;

/**
 * The data of a message with its rules: to a message what a form request is to a request. Data that breaks a rule is answered
 * with an error frame "invalid_message", an authorize() that says no with "access_denied".
 *
 *     final class PostMessage extends Message
 *     {
 *         public function authorize(): bool { return Gate::allows('post'); }
 *         public function rules(): array { return ['text' => 'required|string|max:2000']; }
 *     }
 *
 * rules() and authorize() may have arguments, which the container provides.
 *
 * @method array<string, mixed> rules()
 */
abstract class Message
{
    /** @var array<mixed> */
    private array $data = [];

    /** @var array<mixed> */
    private array $validated = [];

    /**
     * @param array<mixed> $data
     *
     * @return array<mixed> what is validated
     */
    public function prepareForValidation(array $data): array
    {
        return $data;
    }

    /** @return array<string, string> the validator's messages, by rule */
    public function messages(): array
    {
        return [];
    }

    /** @return array<string, string> names of fields for people */
    public function attributes(): array
    {
        return [];
    }

    /** All of the data, or the field of that name ("a.b" for one inside another), validated or not. */
    public function input(?string $key = null, mixed $default = null): mixed
    {
        return data_get($this->data, $key, $default);
    }

    /** What the rules name, or the field of that name. */
    public function validated(?string $key = null, mixed $default = null): mixed
    {
        return data_get($this->validated, $key, $default);
    }

    public function __get(string $name): mixed
    {
        return $this->validated[$name] ?? null;
    }

    public function __isset(string $name): bool
    {
        return isset($this->validated[$name]);
    }

    /**
     * @internal
     *
     * @param array<mixed> $data
     * @param array<mixed> $validated
     */
    final public function fill(array $data, array $validated): static
    {
        $this->data = $data;
        $this->validated = $validated;

        return $this;
    }
}
