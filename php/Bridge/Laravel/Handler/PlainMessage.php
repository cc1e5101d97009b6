<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Exception\RefusedException;

/**
 * Makes an object of plain properties from validated data, through its constructor where it has one.
 *
 * @internal
 */
final class PlainMessage
{
    /**
     * @template T of object
     *
     * @param class-string<T> $class
     * @param array<mixed>    $data
     *
     * @return T
     */
    public static function make(string $class, array $data): object
    {
        $reflection = new \ReflectionClass($class);
        $arguments = [];

        foreach ($reflection->getConstructor()?->getParameters() ?? [] as $parameter) {
            $name = $parameter->getName();

            if (\array_key_exists($name, $data)) {
                $arguments[$name] = self::value($data[$name], $parameter->getType(), $name);
            } elseif (!$parameter->isOptional()) {
                $arguments[$name] = $parameter->allowsNull() ? null : throw self::refuse($name, 'The field is required.');
            }
        }

        $object = self::construct($reflection, $arguments);

        foreach ($reflection->getProperties(\ReflectionProperty::IS_PUBLIC) as $property) {
            $name = $property->getName();

            if (\array_key_exists($name, $data) && !\array_key_exists($name, $arguments) && !$property->isReadOnly() && !$property->isStatic()) {
                try {
                    $property->setValue($object, self::value($data[$name], $property->getType(), $name));
                } catch (\TypeError) {
                    throw self::refuse($name, sprintf('The field must be of type %s.', $property->getType()));
                }
            }
        }

        return $object;
    }

    /**
     * @template T of object
     *
     * @param \ReflectionClass<T>   $class
     * @param array<string, mixed> $arguments
     *
     * @return T
     */
    private static function construct(\ReflectionClass $class, array $arguments): object
    {
        foreach ($class->getConstructor()?->getParameters() ?? [] as $parameter) {
            $type = $parameter->getType();
            $name = $parameter->getName();

            if (\array_key_exists($name, $arguments) && null !== $type && !self::fits($arguments[$name], $type)) {
                throw self::refuse($name, sprintf('The field must be of type %s.', $type));
            }
        }

        return $class->newInstance(...$arguments);
    }

    private static function fits(mixed $value, \ReflectionType $type): bool
    {
        if (!$type instanceof \ReflectionNamedType) {
            // Data from JSON is no object of several types at once.
            return $type instanceof \ReflectionUnionType && [] !== array_filter($type->getTypes(), static fn (\ReflectionType $one): bool => self::fits($value, $one));
        }

        if (null === $value) {
            return $type->allowsNull();
        }

        return match ($type->getName()) {
            'mixed' => true,
            'string' => \is_string($value),
            'int' => \is_int($value),
            'float' => \is_float($value) || \is_int($value),
            'bool' => \is_bool($value),
            'true' => true === $value,
            'false' => false === $value,
            'array', 'iterable' => \is_array($value),
            default => $value instanceof ($type->getName()),
        };
    }

    /** A backed enum from its value; everything else as JSON had it. */
    private static function value(mixed $value, ?\ReflectionType $type, string $field): mixed
    {
        if (!$type instanceof \ReflectionNamedType || !is_a($type->getName(), \BackedEnum::class, true) || !\is_string($value) && !\is_int($value)) {
            return $value;
        }

        $isInt = 'int' === (string) (new \ReflectionEnum($type->getName()))->getBackingType();
        $enum = $isInt === \is_int($value) ? $type->getName()::tryFrom($value) : null;

        return $enum ?? throw self::refuse($field, 'The selected value is invalid.');
    }

    private static function refuse(string $field, string $problem): RefusedException
    {
        return RefusedException::invalidMessage('The given data was invalid.', [['path' => $field, 'message' => $problem]]);
    }
}
