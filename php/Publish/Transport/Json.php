<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\PublishException;

/**
 * What goes over the wire, and checks of what comes back: another program may listen at that address.
 *
 * @internal
 */
final class Json
{
    /**
     * @throws PublishException when $value cannot be encoded
     */
    public static function encode(mixed $value): string
    {
        try {
            return json_encode($value, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PRESERVE_ZERO_FRACTION);
        } catch (\JsonException $e) {
            throw new PublishException('What was to be published cannot be encoded as JSON, nothing was sent: '.$e->getMessage(), 0, $e);
        }
    }

    /**
     * @return array<mixed>
     */
    public static function decode(string $text): array
    {
        $value = json_decode($text, true);

        return \is_array($value) ? $value : throw self::unexpected();
    }

    /**
     * @param array<mixed> $answer
     */
    public static function count(array $answer, string $name): int
    {
        return \is_int($answer[$name] ?? null) ? $answer[$name] : throw self::unexpected();
    }

    /**
     * @param array<mixed> $answer
     *
     * @return list<int>
     */
    public static function counts(array $answer, string $name, int $expected): array
    {
        $counts = $answer[$name] ?? null;

        if (!\is_array($counts) || \count($counts) !== $expected || $counts !== array_filter($counts, '\is_int')) {
            throw self::unexpected();
        }

        return array_values($counts);
    }

    /**
     * @param array<mixed> $answer
     *
     * @return list<array{id: string, user: ?string, remoteAddress: string, rooms: list<string>, connectedAt: int}>
     */
    public static function connections(array $answer): array
    {
        $connections = $answer['connections'] ?? null;

        if (!\is_array($connections)) {
            throw self::unexpected();
        }

        foreach ($connections as $connection) {
            if (!\is_array($connection) || !isset($connection['id'], $connection['remoteAddress'], $connection['rooms'], $connection['connectedAt'])) {
                throw self::unexpected();
            }
        }

        return array_values($connections);
    }

    private static function unexpected(): PublishException
    {
        return new PublishException('The answer is not that of a Ferry control endpoint: does another program listen there?');
    }
}
