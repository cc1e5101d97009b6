<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublisherUnreachableException;

/**
 * A connection to Redis that is made when the first command needs it.
 */
interface RedisClientInterface
{
    /**
     * Runs one command and returns its reply: integers as int, strings as string, lists as list, nil as null.
     *
     * @throws RedisError                    when Redis answers with an error
     * @throws PublisherUnreachableException when it cannot be reached, or does not answer in time
     */
    public function command(string $name, string|int|float ...$arguments): mixed;
}
