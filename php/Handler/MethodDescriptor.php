<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * A method of a handler and what calls it. Plain data: it can be serialised.
 */
final class MethodDescriptor
{
    public const OPEN = 'open';
    public const MESSAGE = 'message';
    public const CLOSE = 'close';
    public const ERROR = 'error';

    /**
     * @param class-string           $class
     * @param self::*                $event
     * @param ?string                $type         of the messages it handles, null for all others
     * @param bool                   $raw          takes frames undecoded
     * @param list<ArgumentMetadata> $arguments
     * @param list<string>           $placeholders of the handler's path
     * @param bool                   $async        whether it may wait for others
     */
    public function __construct(
        public readonly string $class,
        public readonly string $name,
        public readonly string $event,
        public readonly ?string $type = null,
        public readonly bool $raw = false,
        public readonly array $arguments = [],
        public readonly array $placeholders = [],
        public readonly bool $async = false,
    ) {
    }

    /** "App\ChatHandler::say()", for messages to people and as a key. */
    public function __toString(): string
    {
        return sprintf('%s::%s()', $this->class, $this->name);
    }

    public function reflect(): \ReflectionMethod
    {
        return new \ReflectionMethod($this->class, $this->name);
    }
}
