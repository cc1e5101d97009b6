<?php

declare(strict_types=1);

namespace Ferry\Handler\Resolver;

use Ferry\Attribute\MapField;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;

/**
 * One field of the message's data, for arguments with #[MapField]. JSON has types, so nothing is converted but an integer
 * for a float and the value of a backed enum.
 */
final class MapFieldResolver implements ValueResolverInterface
{
    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if (null === $attribute = $argument->attribute(MapField::class)) {
            return null;
        }

        if (MethodDescriptor::MESSAGE !== $method->event || $method->raw) {
            throw new InvalidHandlerException(sprintf('#[MapField] on "%s" of %s: only decoded messages have fields.', $argument, $method));
        }

        $convert = self::converter($argument);
        $name = $attribute->name ?? $argument->name;

        if (null === $convert) {
            throw new InvalidHandlerException(sprintf('#[MapField] on "%s" of %s: a field is a scalar, an array or a backed enum.', $argument, $method));
        }

        return static function (Envelope $envelope) use ($argument, $convert, $name): mixed {
            $data = $envelope->message?->data;

            if (!\is_array($data) || !\array_key_exists($name, $data)) {
                if ($argument->hasDefault || $argument->nullable) {
                    return $argument->default;
                }

                throw self::refuse($name, 'This field is missing.');
            }

            $value = $data[$name];

            if (null === $value && $argument->nullable) {
                return null;
            }

            return $convert($value) ?? throw self::refuse($name, sprintf('This value should be of type %s.', $argument->builtin ? $argument->type : 'one of the allowed values'));
        };
    }

    /**
     * @return ?\Closure(mixed): mixed gives null for what does not fit
     */
    private static function converter(ArgumentMetadata $argument): ?\Closure
    {
        if (null !== $argument->type && is_a($argument->type, \BackedEnum::class, true)) {
            /** @var class-string<\BackedEnum> $enum */
            $enum = $argument->type;
            $isInt = 'int' === (string) (new \ReflectionEnum($enum))->getBackingType();

            return static fn (mixed $value): ?\BackedEnum => ($isInt ? \is_int($value) : \is_string($value)) ? $enum::tryFrom($value) : null;
        }

        return match ($argument->builtin || null === $argument->type ? $argument->type ?? 'mixed' : '') {
            'string' => static fn (mixed $value): ?string => \is_string($value) ? $value : null,
            'int' => static fn (mixed $value): ?int => \is_int($value) ? $value : null,
            'float' => static fn (mixed $value): ?float => \is_int($value) || \is_float($value) ? (float) $value : null,
            'bool' => static fn (mixed $value): ?bool => \is_bool($value) ? $value : null,
            'array' => static fn (mixed $value): ?array => \is_array($value) ? $value : null,
            'mixed' => static fn (mixed $value): mixed => $value,
            default => null,
        };
    }

    private static function refuse(string $field, string $problem): RefusedException
    {
        return RefusedException::invalidMessage('The message is not valid.', [['path' => $field, 'message' => $problem]]);
    }
}
