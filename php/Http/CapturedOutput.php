<?php

declare(strict_types=1);

namespace Ferry\Http;

/**
 * What is printed, which behind a web server would go to the client: streams and files.
 *
 * PHP has one pile of output buffers, so OutputBuffers takes this one off it while the handler waits.
 *
 * @internal
 */
final class CapturedOutput
{
    /** @var list<array{self, int}> those on PHP's pile, innermost last, and the level of each */
    private static array $open = [];

    public string $content = '';

    /**
     * @param int $maxBytes kept, and one more, which is enough to tell
     */
    public function __construct(private readonly int $maxBytes)
    {
    }

    /**
     * @template T
     *
     * @param \Closure(): T $inside
     *
     * @return T
     */
    public function during(\Closure $inside): mixed
    {
        $this->open();

        try {
            return $inside();
        } finally {
            $this->close();
        }
    }

    /** That whose buffer is PHP's innermost. */
    public static function innermost(): ?self
    {
        [$output, $level] = end(self::$open) ?: [null, null];

        return $level === ob_get_level() ? $output : null;
    }

    public function open(): void
    {
        ob_start(function (string $part): string {
            $this->content .= substr($part, 0, max(0, $this->maxBytes + 1 - \strlen($this->content)));

            return '';
        }, 65536);
        self::$open[] = [$this, ob_get_level()];
    }

    /** With the buffers inside of it that somebody has left open. Nothing happens when it is not open. */
    public function close(): void
    {
        [$output, $level] = end(self::$open) ?: [null, 0];

        if ($this !== $output) {
            return;
        }

        array_pop(self::$open);

        while (ob_get_level() >= $level) {
            ob_end_flush();
        }
    }
}
