<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublishException;

/**
 * Redis answered with an error; the message is its own.
 */
final class RedisError extends PublishException
{
    public function begins(string $code): bool
    {
        return str_starts_with($this->getMessage(), $code);
    }
}
