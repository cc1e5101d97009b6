<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublishException;

/**
 * Says what to install, once somebody publishes: the process that serves needs no client.
 */
final class MissingRedisClient implements RedisClientInterface
{
    public function command(string $name, string|int|float ...$arguments): mixed
    {
        throw new PublishException('To publish through Redis, install the extension redis or predis/predis');
    }
}
