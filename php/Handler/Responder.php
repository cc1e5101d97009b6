<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
use Ferry\Exception\RefusalInterface;
use Ferry\SendResult;

/**
 * Sends what handlers return, and error frames, which it counts.
 *
 * @internal
 */
final class Responder
{
    /** Codes of the application's own are not bounded in number, so further ones are counted together. */
    private const CODES = 64;
    private const OTHER = 'other';

    /** @var array<string, int> */
    private array $refused = [];

    /**
     * @param iterable<ExceptionMapperInterface> $mappers the first that knows an exception decides
     */
    public function __construct(
        private readonly iterable $mappers = [],
        private readonly ?ResultNormalizerInterface $normalizer = null,
    ) {
    }

    /**
     * @param Connection      $connection
     * @param string|int|null $id         of the message it answers: the result travels in a reply
     *
     * @throws \JsonException when the result cannot be encoded
     */
    public function send(object $connection, mixed $result, string|int|null $id = null): void
    {
        if (\is_object($result)) {
            $result = $this->normalize($connection, $result);
        }

        if (null !== $id) {
            $connection->sendJson(['type' => 'reply', 'id' => $id, 'data' => $result]);
        } elseif (\is_string($result)) {
            $connection->send($result);
        } elseif (null !== $result) {
            $connection->sendJson($result);
        }
    }

    /**
     * @param Connection $connection
     */
    public function refuse(object $connection, ErrorFrame $frame, string|int|null $id = null): void
    {
        $code = isset($this->refused[$frame->code]) || \count($this->refused) < self::CODES ? $frame->code : self::OTHER;
        $this->refused[$code] = ($this->refused[$code] ?? 0) + 1;
        $connection->sendJson($frame->toArray($id));
    }

    /**
     * @return ?ErrorFrame null when the error is a failure of the handler
     */
    public function frame(\Throwable $error): ?ErrorFrame
    {
        if ($error instanceof RefusalInterface) {
            return $error->errorFrame();
        }

        foreach ($this->mappers as $mapper) {
            if (null !== $frame = $mapper->map($error)) {
                return $frame;
            }
        }

        return null;
    }

    /**
     * @return array<string, int>
     */
    public function refused(): array
    {
        return $this->refused;
    }

    private function normalize(object $connection, object $result): mixed
    {
        // Arrow functions and fluent calls return these; nobody means to send them.
        if ($result === $connection || $result instanceof SendResult) {
            return null;
        }

        if (null === $this->normalizer || $result instanceof \JsonSerializable || $result instanceof \stdClass || $result instanceof \UnitEnum) {
            return $result;
        }

        return $this->normalizer->normalize($result);
    }
}
