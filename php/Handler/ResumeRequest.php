<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
use Ferry\Exception\RefusedException;

/**
 * The message `{"type":"resume","rooms":{"lobby":"<offset>"}}`: what the client saw last, of rooms that keep a history. It joins
 * no room: who may join is the handler's to say.
 *
 * @internal
 */
final class ResumeRequest
{
    public const TYPE = 'resume';
    private const MAX_ROOMS = 256;

    /**
     * @param Connection $connection
     *
     * @throws RefusedException when the message is not of this form
     */
    public static function apply(object $connection, Message $message): void
    {
        $data = $message->data;
        $rooms = \is_array($data) ? $data['rooms'] ?? null : (\is_object($data) ? $data->rooms ?? null : null);
        $rooms = \is_object($rooms) ? get_object_vars($rooms) : $rooms;

        if (!\is_array($rooms) || [] === $rooms || \count($rooms) > self::MAX_ROOMS) {
            throw RefusedException::invalidMessage('A resume message names 1 to 256 rooms.', [['path' => 'rooms', 'message' => 'It must be an object of rooms and offsets.']]);
        }

        foreach ($rooms as $room => $offset) {
            if (!\is_string($offset)) {
                throw RefusedException::invalidMessage('An offset is a string.', [['path' => 'rooms.'.$room, 'message' => 'It must be a string.']]);
            }
        }

        $connection->resume($rooms);
    }
}
