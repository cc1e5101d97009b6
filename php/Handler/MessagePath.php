<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
use Ferry\Event\MessageFailed;
use Ferry\Event\MessageHandled;
use Ferry\Event\MessageReceived;
use Ferry\Exception\RefusedException;
use Ferry\Middleware\Envelope;

use function spl_object_id;

/**
 * The way of a message from the server to its handler and back. It runs for every message, so what can be found out before
 * is found out when the connection opens, and nothing is called that may not be needed.
 *
 * @internal
 */
final class MessagePath extends CurrentEvent
{
    /** @var array<int, Session> by the connection's object id, which stays taken as long as the session holds the object */
    public array $sessions = [];

    /** Null when nobody listens to MessageReceived. */
    private ?\Closure $onReceived = null;

    /** Null when nobody listens to MessageHandled. */
    private ?\Closure $onHandled = null;

    /** Copied for each message. */
    private readonly MessageReceived $received;
    private readonly MessageHandled $handled;

    private Scopes $scopes;

    /** Whether there are scopes to enter for each message. */
    private bool $isScoped = false;

    public function __construct(
        private readonly MessageDecoderInterface $decoder,
        private readonly Responder $responder,
        private readonly EventNotifier $notifier,
    ) {
        $this->scopes = new Scopes([], $this);
        $this->received = MessageReceived::blank();
        $this->handled = MessageHandled::blank();
    }

    /**
     * @param iterable<ScopeInterface> $scopes outermost first
     */
    public function within(iterable $scopes): Scopes
    {
        $this->scopes = new Scopes($scopes, $this);
        $this->isScoped = [] !== $this->scopes->ordinary;

        return $this->scopes;
    }

    /** Looks for listeners: those that are added later take part when the next connection opens. */
    public function listen(): void
    {
        $this->onReceived = $this->notifier->listener(MessageReceived::class);
        $this->onHandled = $this->notifier->listener(MessageHandled::class);
    }

    /**
     * @param Connection $connection
     *
     * @throws \Throwable what is a failure of the handler, or of a scope
     */
    public function handle(object $connection, string $data, bool $binary): void
    {
        if (null === $session = $this->sessions[spl_object_id($connection)] ?? null) {
            return;
        }

        $envelope = $message = $failure = null;

        // No finally block: exit() would not run it either, and it takes longer.
        try {
            if (null !== ($action = $session->raw) && !$binary) {
                $envelope = clone $session->blank;
                $envelope->frame = $data;
            } else {
                $message = $binary ? Message::create($data, binary: true) : $this->decoder->decode($data);

                if (null === $action = $this->action($session, $message)) {
                    ResumeRequest::apply($connection, $message);

                    return;
                }

                $envelope = clone $session->blank;
                $envelope->method = $action->method;
                $envelope->message = $message;
            }

            $this->envelope = $envelope;

            if ($this->isScoped) {
                $this->scopes->enter($envelope);
            }

            if (null !== $listener = $this->onReceived) {
                $event = clone $this->received;
                $event->envelope = $envelope;
                $listener($event);
            }

            $result = null === ($call = $action->direct) ? ($action->run)($envelope) : $call($connection, $data);

            if (null !== $result || null !== $message && null !== $message->id) {
                $this->responder->send($connection, $result, $message?->id);
            }

            if (null !== $listener = $this->onHandled) {
                $event = clone $this->handled;
                $event->envelope = $envelope;
                $event->result = $result;
                $listener($event);
            }
        } catch (\Throwable $error) {
            $failure = $this->failed($session, $envelope, $message, $error);
        }

        $this->envelope = null;

        if ($this->touched && null !== $envelope) {
            $late = $this->scopes->leave($envelope, $error ?? null);
            $failure = null === $late || null === $failure ? $late ?? $failure : self::chain($failure, $late);
        }

        if (null !== $failure) {
            throw $failure;
        }
    }

    /**
     * @return ?Action null for a message that Ferry itself answers
     *
     * @throws RefusedException
     */
    private function action(Session $session, Message $message): ?Action
    {
        $endpoint = $session->endpoint;

        if ($message->binary) {
            return $endpoint->raw ?? throw RefusedException::invalidMessage('A message is a JSON object in a text frame, not a binary frame.');
        }

        $type = $message->type ?? '';

        if (ResumeRequest::TYPE === $type && !isset($endpoint->types[ResumeRequest::TYPE])) {
            return null;
        }

        return $endpoint->types[$type] ?? $endpoint->other ?? throw $this->unknown($message);
    }

    /**
     * @return ?\Throwable what goes to the handler's onError()
     */
    private function failed(Session $session, ?Envelope $envelope, ?Message $message, \Throwable $error): ?\Throwable
    {
        try {
            $frame = $this->responder->frame($error);
            $message ??= $envelope?->message;

            if (null !== $frame) {
                $this->responder->refuse($session->connection, $frame, $message?->id);
            } else {
                $session->failed = $message;
            }

            if ($this->notifier->notifies(MessageFailed::class)) {
                $this->notifier->dispatch(new MessageFailed($session, $envelope, $error, $frame));
            }

            return null === $frame ? $error : null;
        } catch (\Throwable $second) {
            return $second;
        }
    }

    /** Makes $second what it would be if it had been thrown in a finally block. */
    private static function chain(\Throwable $first, \Throwable $second): \Throwable
    {
        try {
            try {
                throw $first;
            } finally {
                throw $second;
            }
        } catch (\Throwable $chained) {
            return $chained;
        }
    }

    private function unknown(Message $message): RefusedException
    {
        if (null === $message->type) {
            return RefusedException::invalidMessage('The field "type" is missing.');
        }

        return new RefusedException(new ErrorFrame(ErrorFrame::UNKNOWN_TYPE, sprintf('There is no message of type "%s" here.', preg_replace('/^(.{64}).+$/su', '$1…', $message->type))));
    }
}
