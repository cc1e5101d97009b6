<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Exception\InvalidArgumentException;

/**
 * One event for rooms or for a user. Checked when it is made.
 */
final class Publication implements \JsonSerializable
{
    private const MAX_NAME = 255;
    private const MAX_ROOMS = 1000;

    /**
     * @param list<string> $rooms empty when it is for a user
     */
    private function __construct(
        public readonly array $rooms,
        public readonly ?string $user,
        public readonly string $event,
        public readonly mixed $data,
        public readonly ?string $except,
    ) {
        self::name('event', $event);
        null === $user || self::name('userIdentifier', $user);

        foreach ($rooms as $room) {
            \is_string($room) || throw new InvalidArgumentException(sprintf('Argument $rooms must hold strings, %s given', get_debug_type($room)));
            self::name('rooms', $room);
        }
    }

    /**
     * @param string|array<string> $rooms
     *
     * @throws InvalidArgumentException naming the argument, its value and what is allowed
     */
    public static function toRooms(string|array $rooms, string $event, mixed $data = null, ?string $except = null): self
    {
        $rooms = array_values((array) $rooms);

        if ([] === $rooms || \count($rooms) > self::MAX_ROOMS) {
            throw new InvalidArgumentException(sprintf('Argument $rooms must name 1 to %d rooms, %d given', self::MAX_ROOMS, \count($rooms)));
        }

        return new self($rooms, null, $event, $data, $except);
    }

    /**
     * @throws InvalidArgumentException naming the argument, its value and what is allowed
     */
    public static function toUser(string|int $userIdentifier, string $event, mixed $data = null): self
    {
        return new self([], (string) $userIdentifier, $event, $data, null);
    }

    /**
     * As the control endpoint takes it.
     *
     * @return array<string, mixed>
     */
    public function jsonSerialize(): array
    {
        $target = null === $this->user ? ['rooms' => $this->rooms] : ['user' => $this->user];
        $except = null === $this->except ? [] : ['except' => $this->except];

        return $target + ['event' => $this->event, 'data' => $this->data] + $except;
    }

    private static function name(string $argument, string $value): void
    {
        if ('' === $value || \strlen($value) > self::MAX_NAME) {
            throw new InvalidArgumentException(sprintf('Argument $%s must have 1 to %d bytes, %d given', $argument, self::MAX_NAME, \strlen($value)));
        }

        if (1 !== preg_match('//u', $value)) {
            throw new InvalidArgumentException(sprintf('Argument $%s must be UTF-8', $argument));
        }
    }
}
