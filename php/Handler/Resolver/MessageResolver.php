<?php

declare(strict_types=1);

namespace Ferry\Handler\Resolver;

use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\Sources;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;

/**
 * Parts of the event:
 * of a message, its decoded data (an array by any name, or an untyped $data or $message), the frame as it came (string
 * $data or $payload), bool $binary, ?string $type and the $id that the client gave it;
 * of a close, int $code and string $reason.
 */
final class MessageResolver implements ValueResolverInterface
{
    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if ([] !== $argument->attributes || null !== $argument->type && !$argument->builtin) {
            return null;
        }

        return match ($method->event) {
            MethodDescriptor::MESSAGE => $this->ofMessage($argument, $method),
            MethodDescriptor::CLOSE => $this->ofClose($argument),
            default => null,
        };
    }

    private function ofMessage(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        $type = $argument->type ?? 'mixed';
        $named = static fn (string ...$names): bool => \in_array($argument->name, $names, true);

        return match (true) {
            'array' === $type && !$method->raw => self::data($argument->nullable),
            'mixed' === $type && $named('data', 'message') && !$method->raw => Sources::data(),
            'string' === $type && $named('data', 'payload'), 'mixed' === $type && $named('payload') => Sources::payload(),
            'bool' === $type && $named('binary') => static fn (Envelope $envelope): bool => $envelope->message->binary ?? false,
            'string' === $type && $named('type') && ($argument->nullable || null !== $method->type) => static fn (Envelope $envelope): ?string => $envelope->message?->type,
            'mixed' === $type && $named('id') => static fn (Envelope $envelope): string|int|null => $envelope->message?->id,
            default => null,
        };
    }

    private function ofClose(ArgumentMetadata $argument): ?\Closure
    {
        return match ([$argument->type ?? 'mixed', $argument->name]) {
            ['int', 'code'], ['mixed', 'code'] => static fn (Envelope $envelope): int => $envelope->code,
            ['string', 'reason'], ['mixed', 'reason'] => static fn (Envelope $envelope): string => $envelope->reason,
            default => null,
        };
    }

    private static function data(bool $nullable): \Closure
    {
        return static function (Envelope $envelope) use ($nullable): ?array {
            $data = $envelope->message?->data;

            if (\is_array($data) || null === $data && $nullable) {
                return $data;
            }

            throw RefusedException::invalidMessage(sprintf('The field "data" must be an object or a list, %s given.', get_debug_type($data)));
        };
    }
}
