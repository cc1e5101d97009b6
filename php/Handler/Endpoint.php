<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * A handler with its methods ready to be called.
 *
 * @internal
 */
final class Endpoint
{
    /** Whether text frames are decoded. */
    public readonly bool $decodes;

    /**
     * @param array<string, Action> $types by type of message
     * @param ?Action               $other for all other types
     * @param ?Action               $raw   for frames that are not decoded
     */
    public function __construct(
        public readonly HandlerDescriptor $descriptor,
        public readonly object $handler,
        public readonly ?Action $open = null,
        public readonly array $types = [],
        public readonly ?Action $other = null,
        public readonly ?Action $raw = null,
        public readonly ?Action $close = null,
        public readonly ?Action $error = null,
    ) {
        $this->decodes = [] !== $types || null !== $other || null === $raw;
    }
}
