<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\Connection;
use Ferry\Exception\AuthenticationException;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\LogicException;
use Ferry\Handshake;
use Ferry\Identity;
use Ferry\SendResult;

/**
 * A connection without a network, for unit tests of handlers, with and without ext-ferry. Remembers what it was sent.
 *
 *     $connection = new FakeConnection(identity: new Identity('alice'));
 *     $handler->onMessage($connection, '{"type":"say"}', false);
 *     $connection->assertSentJson(['type' => 'said']);
 *
 * Arguments are checked as the server checks them.
 */
final class FakeConnection extends Connection
{
    use FakeConnectionAssertions;

    public readonly string $id;
    public readonly string $remoteAddress;
    public readonly int $connectedAt;

    private static int $made = 0;

    private readonly Handshake $handshake;

    /** @var list<Frame> */
    private array $frames = [];

    /** @var list<string> payloads */
    private array $pings = [];

    /** @var ?array{int, string} */
    private ?array $closed = null;

    /** @var array<string, true> */
    private array $rooms = [];

    /** @var array<string, string> */
    private array $resumed = [];

    /** @var array<string, mixed> */
    private array $attributes = [];

    private SendResult $result = SendResult::Sent;
    private int $buffered = 0;

    /**
     * @param ?string                      $id       made up without one
     * @param ?Identity                    $identity that of the handshake without one
     * @param (\Closure(string): ?Identity)|null $verifier what authenticate() asks; null refuses the token
     */
    public function __construct(
        ?string $id = null,
        private ?Identity $identity = null,
        ?Handshake $handshake = null,
        private readonly ?\Closure $verifier = null,
    ) {
        $this->id = $id ?? 'fake-'.++self::$made;
        $this->handshake = $handshake ?? new FakeHandshake(identity: $identity);
        $this->remoteAddress = $this->handshake->remoteAddress;
        $this->connectedAt = time();
        $this->identity ??= $this->handshake->identity();
    }

    public function send(string $data, bool $binary = false): SendResult
    {
        if (!$binary && !preg_match('//u', $data)) {
            throw new InvalidArgumentException('Argument $data must be UTF-8 for a text message; send it with $binary = true');
        }

        if (null !== $this->closed) {
            return SendResult::Closed;
        }

        if (SendResult::Sent === $this->result || SendResult::Queued === $this->result) {
            $this->frames[] = new Frame($data, $binary);
        }

        return $this->result;
    }

    public function sendJson(mixed $data): SendResult
    {
        return $this->send(json_encode($data, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PRESERVE_ZERO_FRACTION));
    }

    public function ping(string $data = ''): void
    {
        if (\strlen($data) > 125) {
            throw new InvalidArgumentException(sprintf('Argument $data must have at most 125 bytes (RFC 6455 section 5.5), %d given', \strlen($data)));
        }

        if (null === $this->closed) {
            $this->pings[] = $data;
        }
    }

    public function close(int $code = 1000, string $reason = ''): void
    {
        if (!($code >= 1000 && $code <= 1003 || $code >= 1007 && $code <= 1014 || $code >= 3000 && $code <= 4999)) {
            throw new InvalidArgumentException(sprintf('Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), %d given', $code));
        }

        if (\strlen($reason) > 123) {
            throw new InvalidArgumentException(sprintf('Argument $reason must have at most 123 bytes, %d given', \strlen($reason)));
        }

        if (!preg_match('//u', $reason)) {
            throw new InvalidArgumentException('Argument $reason must be UTF-8');
        }

        $this->closed ??= [$code, $reason];
        $this->rooms = [];
    }

    public function isOpen(): bool
    {
        return null === $this->closed;
    }

    public function bufferedBytes(): int
    {
        return null === $this->closed ? $this->buffered : 0;
    }

    public function join(string ...$rooms): static
    {
        $this->checkRooms($rooms);

        if (null === $this->closed) {
            $this->rooms += array_fill_keys($rooms, true);
        }

        return $this;
    }

    public function resume(array $offsets): static
    {
        $this->resumed = $offsets + $this->resumed;

        return $this;
    }

    /**
     * What was asked for with resume().
     *
     * @return array<string, string> offsets by room
     */
    public function resumed(): array
    {
        return $this->resumed;
    }

    public function leave(string ...$rooms): static
    {
        $this->checkRooms($rooms);
        $this->rooms = array_diff_key($this->rooms, array_flip($rooms));

        return $this;
    }

    public function rooms(): array
    {
        // A numeric name has become an integer as a key.
        return array_map('strval', array_keys($this->rooms));
    }

    public function handshake(): Handshake
    {
        return $this->handshake;
    }

    public function identity(): ?Identity
    {
        return $this->identity;
    }

    public function claims(): array
    {
        return $this->identity?->claims ?? [];
    }

    public function authenticate(#[\SensitiveParameter] string $jwt): Identity
    {
        if (null === $this->verifier) {
            throw new LogicException('authenticate() needs the argument $verifier of '.self::class);
        }

        return $this->identity = ($this->verifier)($jwt) ?? throw new AuthenticationException('The token is not valid');
    }

    public function get(string $key, mixed $default = null): mixed
    {
        return $this->attributes[$key] ?? $default;
    }

    public function set(string $key, mixed $value): static
    {
        $this->attributes[$key] = $value;

        return $this;
    }

    /** From now on send() answers this: Dropped and Queued are what a slow client gives. */
    public function willAnswer(SendResult $result, int $bufferedBytes = 0): static
    {
        $this->result = $result;
        $this->buffered = $bufferedBytes;

        return $this;
    }

    /**
     * @return list<Frame> what was sent, oldest first
     */
    public function frames(): array
    {
        return $this->frames;
    }

    /**
     * @return list<string> payloads of the pings
     */
    public function pings(): array
    {
        return $this->pings;
    }

    /** The code of close(), null while open. */
    public function closeCode(): ?int
    {
        return $this->closed[0] ?? null;
    }

    public function closeReason(): ?string
    {
        return $this->closed[1] ?? null;
    }

    /** Forgets what was sent so far. */
    public function clear(): static
    {
        $this->frames = $this->pings = [];

        return $this;
    }

    /**
     * @param array<string> $rooms
     */
    private function checkRooms(array $rooms): void
    {
        foreach ($rooms as $room) {
            if ('' === $room || \strlen($room) > 255) {
                throw new InvalidArgumentException(sprintf('A room name must have 1 to 255 bytes, %d given', \strlen($room)));
            }

            if (!preg_match('//u', $room)) {
                throw new InvalidArgumentException('A room name must be UTF-8');
            }
        }
    }
}
