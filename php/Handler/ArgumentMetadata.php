<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * One argument of a handler's method, as reflection saw it. Plain data: it can be serialised.
 */
final class ArgumentMetadata
{
    /**
     * @param ?string                                                                   $type       class or built-in type, null
     *                                                                                              without one and for unions
     * @param list<array{name: string, arguments: array<int|string, mixed>}>            $attributes not instantiated: their classes may be missing
     */
    public function __construct(
        public readonly string $name,
        public readonly ?string $type = null,
        public readonly bool $builtin = false,
        public readonly bool $nullable = false,
        public readonly bool $hasDefault = false,
        public readonly mixed $default = null,
        public readonly array $attributes = [],
    ) {
    }

    public static function fromReflection(\ReflectionParameter $parameter): self
    {
        $type = $parameter->getType();
        $named = $type instanceof \ReflectionNamedType ? $type : null;
        $name = $named?->getName();

        if ('self' === $name || 'static' === $name) {
            $name = $parameter->getDeclaringClass()?->getName();
        }

        return new self(
            $parameter->getName(),
            $name,
            $named?->isBuiltin() ?? false,
            null === $type || $type->allowsNull(),
            $parameter->isDefaultValueAvailable(),
            $parameter->isDefaultValueAvailable() ? $parameter->getDefaultValue() : null,
            array_map(static fn (\ReflectionAttribute $attribute): array => ['name' => $attribute->getName(), 'arguments' => $attribute->getArguments()], $parameter->getAttributes()),
        );
    }

    public function hasAttribute(string $class): bool
    {
        return null !== $this->attributeArguments($class);
    }

    /**
     * @template T of object
     *
     * @param class-string<T> $class
     *
     * @return ?T the first attribute of that class
     */
    public function attribute(string $class): ?object
    {
        $arguments = $this->attributeArguments($class);

        return null === $arguments ? null : new $class(...$arguments);
    }

    /** Whether its declared type is this class; for interfaces and parents see is_a(). */
    public function isA(string $class): bool
    {
        return null !== $this->type && !$this->builtin && is_a($this->type, $class, true);
    }

    /** As it stands in the source, for messages to people. */
    public function __toString(): string
    {
        return trim(sprintf('%s $%s', $this->type, $this->name));
    }

    /**
     * @return ?array<int|string, mixed>
     */
    private function attributeArguments(string $class): ?array
    {
        foreach ($this->attributes as $attribute) {
            if ($attribute['name'] === $class || is_a($attribute['name'], $class, true)) {
                return $attribute['arguments'];
            }
        }

        return null;
    }
}
