<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Middleware\Envelope;

/**
 * Where the commonest arguments come from. Always the same closures, so that a call can be recognised that needs no call
 * for its argument: that is a twentieth of what handling a message takes.
 *
 * @internal
 */
final class Sources
{
    private static ?\Closure $connection = null;
    private static ?\Closure $payload = null;
    private static ?\Closure $data = null;

    public static function connection(): \Closure
    {
        return self::$connection ??= static fn (Envelope $envelope): object => $envelope->connection;
    }

    public static function payload(): \Closure
    {
        return self::$payload ??= static fn (Envelope $envelope): string => $envelope->message->payload ?? '';
    }

    public static function data(): \Closure
    {
        return self::$data ??= static fn (Envelope $envelope): mixed => $envelope->message?->data;
    }
}
