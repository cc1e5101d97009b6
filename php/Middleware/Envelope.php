<?php

declare(strict_types=1);

namespace Ferry\Middleware;

use Ferry\Connection;
use Ferry\Handler\Message;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\Session;

/**
 * One event of one connection on its way to the handler, with what middleware has attached to it.
 */
final class Envelope
{
    /** @var array<class-string<StampInterface>, non-empty-list<StampInterface>> */
    private array $stamps = [];

    /**
     * @param MethodDescriptor::*  $event      'open', 'message', 'close' or 'error'
     * @param Connection           $connection
     * @param Session              $session    what Ferry keeps per connection: handler, values of placeholders, attributes
     * @param ?MethodDescriptor    $method     that will be called; null for a HandlerInterface
     * @param ?Message             $message    of 'message', and of 'error' when a message has failed
     * @param int                  $code       of 'close'
     * @param string               $reason     of 'close'
     * @param ?\Throwable          $error      of 'error'
     */
    public function __construct(
        public readonly string $event,
        public readonly object $connection,
        public readonly Session $session,
        public readonly ?MethodDescriptor $method = null,
        public readonly ?Message $message = null,
        public readonly int $code = 0,
        public readonly string $reason = '',
        public readonly ?\Throwable $error = null,
    ) {
    }

    public function with(StampInterface ...$stamps): self
    {
        $copy = clone $this;

        foreach ($stamps as $stamp) {
            $copy->stamps[$stamp::class][] = $stamp;
        }

        return $copy;
    }

    /**
     * @param class-string<StampInterface> $class
     */
    public function withoutAll(string $class): self
    {
        $copy = clone $this;
        unset($copy->stamps[$class]);

        return $copy;
    }

    /**
     * @template T of StampInterface
     *
     * @param class-string<T> $class
     *
     * @return ?T
     */
    public function last(string $class): ?StampInterface
    {
        $stamps = $this->stamps[$class] ?? [];

        /** @var ?T */
        return [] === $stamps ? null : $stamps[array_key_last($stamps)];
    }

    /**
     * @return ($class is null ? array<class-string<StampInterface>, list<StampInterface>> : list<StampInterface>)
     */
    public function all(?string $class = null): array
    {
        return null === $class ? $this->stamps : $this->stamps[$class] ?? [];
    }
}
