<?php

declare(strict_types=1);

namespace Ferry\Http;

/**
 * What is printed, which behind a web server would go to the client: streams and files.
 *
 * @internal
 */
final class CapturedOutput
{
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
        $level = ob_get_level();
        ob_start(function (string $part): string {
            $this->content .= substr($part, 0, max(0, $this->maxBytes + 1 - \strlen($this->content)));

            return '';
        }, 65536);

        try {
            return $inside();
        } finally {
            while (ob_get_level() > $level) {
                ob_end_flush();
            }
        }
    }
}
