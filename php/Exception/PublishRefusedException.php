<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * The server refused: getCode() is the HTTP status, $problem the reason as docs/publishing.md lists them.
 */
final class PublishRefusedException extends PublishException
{
    public function __construct(int $status, public readonly string $problem, string $detail)
    {
        parent::__construct(sprintf('The WebSocket server refused with %d (%s): %s', $status, $problem, $detail), $status);
    }
}
