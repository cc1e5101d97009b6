<?php

declare(strict_types=1);

namespace Ferry\Middleware;

use Ferry\Connection;
use Ferry\Handler\Message;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\Session;

/**
 * One event of one connection on its way to the handler, with what middleware has attached to it.
 *
 * Its properties are for reading: with() makes a copy with a further stamp. They are not declared so because each session
 * keeps an envelope to copy for its messages: that takes a third of what a constructor does.
 */
final class Envelope
{
    /** @var MethodDescriptor::* 'open', 'message', 'close' or 'error' */
    public string $event;

    /** @var Connection */
    public object $connection;

    /** What Ferry keeps per connection: handler, values of placeholders, attributes. */
    public Session $session;

    /** That will be called; null for a HandlerInterface. */
    public ?MethodDescriptor $method = null;

    /**
     * Of 'message', and of 'error' when a message has failed. That of a frame which is not decoded is made when somebody
     * asks for it.
     */
    public ?Message $message = null;

    /**
     * @internal a text frame that is not decoded, while $message is not made
     *
     * @var string without a type, for a checked assignment takes longer
     */
    public $frame = '';

    /** Of 'close'. */
    public int $code = 0;

    /** Of 'close'. */
    public string $reason = '';

    /** Of 'error'. */
    public ?\Throwable $error = null;

    /** @var array<class-string<StampInterface>, non-empty-list<StampInterface>> */
    private array $stamps = [];

    /**
     * @param MethodDescriptor::* $event
     * @param Connection          $connection
     */
    public function __construct(string $event, object $connection, Session $session, ?MethodDescriptor $method = null)
    {
        $this->event = $event;
        $this->connection = $connection;
        $this->session = $session;
        $this->method = $method;
    }

    /**
     * @internal An envelope to copy for the messages of a session: with a frame it has a message, and the method that takes it.
     *
     * @param Connection $connection
     */
    public static function blank(object $connection, Session $session): self
    {
        $envelope = new self(MethodDescriptor::MESSAGE, $connection, $session, $session->raw?->method);
        unset($envelope->message);

        return $envelope;
    }

    public function __get(string $name): ?Message
    {
        if ('message' !== $name) {
            throw new \LogicException(sprintf('An envelope has no property "%s".', $name));
        }

        $message = $this->message = Message::create($this->frame);
        $this->frame = '';

        return $message;
    }

    public function __isset(string $name): bool
    {
        return 'message' === $name;
    }

    public function with(StampInterface ...$stamps): self
    {
        $copy = $this->copy();

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
        $copy = $this->copy();
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

    private function copy(): self
    {
        // All copies have the same message.
        $this->message;

        return clone $this;
    }
}
