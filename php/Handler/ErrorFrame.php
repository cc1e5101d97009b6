<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * What a client is told when its message could not be handled, see docs/protocol.md.
 */
final class ErrorFrame
{
    public const INVALID_JSON = 'invalid_json';
    public const UNKNOWN_TYPE = 'unknown_type';
    public const INVALID_MESSAGE = 'invalid_message';
    public const ACCESS_DENIED = 'access_denied';
    public const UNAUTHENTICATED = 'unauthenticated';
    public const INTERNAL_ERROR = 'internal_error';
    public const TOO_MANY_MESSAGES = 'too_many_messages';

    /**
     * @param string                                     $code    for programs
     * @param string                                     $message for people; it goes to the client, so no internals
     * @param list<array{path: string, message: string}> $violations
     */
    public function __construct(
        public readonly string $code,
        public readonly string $message,
        public readonly array $violations = [],
    ) {
    }

    /**
     * @param string|int|null $id that of the message it answers
     *
     * @return array{type: 'error', code: string, message: string, violations?: list<array{path: string, message: string}>, id?: string|int}
     */
    public function toArray(string|int|null $id = null): array
    {
        $frame = ['type' => 'error', 'code' => $this->code, 'message' => $this->message];

        if ([] !== $this->violations) {
            $frame['violations'] = $this->violations;
        }

        if (null !== $id) {
            $frame['id'] = $id;
        }

        return $frame;
    }
}
