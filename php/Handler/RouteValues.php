<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * Values of placeholders as arguments with a type.
 *
 * @internal
 */
final class RouteValues
{
    /**
     * Whether every method can take the values; if not, the path is none of the handler's, so the client gets a 404.
     *
     * @param array<string, ?string> $values
     */
    public static function fit(HandlerDescriptor $handler, array $values): bool
    {
        foreach ($handler->methods as $method) {
            foreach ($method->arguments as $argument) {
                $value = $values[$argument->name] ?? null;

                if (null !== $value && [] === $argument->attributes && self::takes($argument) && null === self::cast($argument, $value)) {
                    return false;
                }
            }
        }

        return true;
    }

    /** Whether an argument of that type can be a value of a placeholder. */
    public static function takes(ArgumentMetadata $argument): bool
    {
        return match (true) {
            null === $argument->type => true,
            $argument->builtin => \in_array($argument->type, ['string', 'int', 'float', 'bool', 'mixed'], true),
            default => is_a($argument->type, \BackedEnum::class, true),
        };
    }

    /**
     * @return string|int|float|bool|\BackedEnum|null null when the value does not fit the type
     */
    public static function cast(ArgumentMetadata $argument, string $value): string|int|float|bool|\BackedEnum|null
    {
        if (!$argument->builtin && null !== $argument->type) {
            /** @var class-string<\BackedEnum> $enum */
            $enum = $argument->type;
            $isInt = 'int' === (string) (new \ReflectionEnum($enum))->getBackingType();
            $value = $isInt ? filter_var($value, \FILTER_VALIDATE_INT) : $value;

            return false === $value ? null : $enum::tryFrom($value);
        }

        return match ($argument->type) {
            'int' => filter_var($value, \FILTER_VALIDATE_INT, \FILTER_NULL_ON_FAILURE),
            'float' => filter_var($value, \FILTER_VALIDATE_FLOAT, \FILTER_NULL_ON_FAILURE),
            'bool' => filter_var($value, \FILTER_VALIDATE_BOOL, \FILTER_NULL_ON_FAILURE),
            default => $value,
        };
    }
}
