<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Exception\RefusedException;

/**
 * `{"type": string, "data"?: any, "id"?: string|int}`; without "data" the other fields are the data.
 */
final class JsonMessageDecoder implements MessageDecoderInterface
{
    private const DEPTH = 128;

    private readonly Message $empty;

    public function __construct()
    {
        $this->empty = new Message();
    }

    public function decode(string $payload): Message
    {
        $fields = json_decode($payload, true, self::DEPTH);

        if (!\is_array($fields)) {
            throw $this->refuse($payload);
        }

        $type = $fields['type'] ?? null;
        $id = $fields['id'] ?? null;

        if (null !== $type && !\is_string($type)) {
            throw RefusedException::invalidMessage(sprintf('The field "type" must be a string, %s given.', get_debug_type($type)));
        }

        if (null !== $id && !\is_string($id) && !\is_int($id)) {
            throw RefusedException::invalidMessage(sprintf('The field "id" must be a string or an integer, %s given.', get_debug_type($id)));
        }

        $message = clone $this->empty;
        $message->payload = $payload;
        $message->type = $type;
        $message->id = $id;

        if (\array_key_exists('data', $fields)) {
            $message->data = $fields['data'];
        } else {
            unset($fields['type'], $fields['id']);
            $message->data = $fields;
        }

        return $message;
    }

    private function refuse(string $payload): RefusedException
    {
        if (\JSON_ERROR_NONE === json_last_error()) {
            return RefusedException::invalidMessage('A message is a JSON object.');
        }

        return new RefusedException(new ErrorFrame(ErrorFrame::INVALID_JSON, sprintf('A message is a JSON object in a text frame: %s.', json_last_error_msg())));
    }
}
