<?php

declare(strict_types=1);

namespace Ferry\Testing;

/**
 * One message as a test sees it.
 */
final readonly class Frame
{
    public function __construct(public string $data, public bool $binary = false)
    {
    }

    /** The decoded JSON; null for what is not JSON, too. */
    public function json(): mixed
    {
        return json_decode($this->data, true);
    }

    /** For failure messages: the text, cut, or how long the binary is. */
    public function describe(): string
    {
        if ($this->binary && !preg_match('/\A[\x20-\x7e]*\z/', $this->data)) {
            return sprintf('(%d bytes, binary)', \strlen($this->data));
        }

        return \strlen($this->data) > 500 ? substr($this->data, 0, 500).'…' : $this->data;
    }

    /**
     * @param list<self> $frames
     */
    public static function describeAll(array $frames): string
    {
        return [] === $frames ? 'nothing' : implode('', array_map(static fn (self $frame): string => "\n  ".$frame->describe(), $frames));
    }
}
