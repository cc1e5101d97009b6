<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
use Ferry\Event\MessageFailed;
use Ferry\Event\MessageHandled;
use Ferry\Event\MessageReceived;
use Ferry\Exception\RefusedException;
use Ferry\Middleware\Envelope;

/**
 * The way of a message from the server to its handler and back. It runs for every message, so what can be found out before
 * is found out when the connection opens, and nothing is called that may not be needed.
 *
 * @internal
 */
final class MessagePath extends CurrentEvent
{
    /** @var \WeakMap<Connection, Session> each holds its connection, so it is taken away when that closes */
    public \WeakMap $sessions;

    /** Null when nobody listens to MessageReceived. */
    private ?\Closure $onReceived = null;

    /** Null when nobody listens to MessageHandled. */
    private ?\Closure $onHandled = null;

    /** Whether somebody listens to one of them. */
    private bool $isObserved = false;

    /** Copied for each message. */
    private readonly MessageReceived $received;
    private readonly MessageHandled $handled;
    private readonly MessageHandled $lazyHandled;

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
        $this->lazyHandled = MessageHandled::lazy();
        $this->forget();
    }

    /** All connections are gone. */
    public function forget(): void
    {
        $this->sessions = new \WeakMap();
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

    /** The connection of the session is open. Listeners that are added later take part when the next one opens. */
    public function open(Session $session): void
    {
        $this->sessions[$session->connection] = $session;
        $session->blank = Envelope::blank($session->connection, $session);
        $session->direct = $this->isScoped ? null : $session->raw?->direct;

        $this->onReceived = $this->notifier->listener(MessageReceived::class);
        $this->onHandled = $this->notifier->listener(MessageHandled::class);
        $this->isObserved = null !== $this->onReceived || null !== $this->onHandled;
    }

    /**
     * @param Connection $connection
     *
     * @throws \Throwable what is a failure of the handler, or of a scope
     */
    public function handle(object $connection, string $data, bool $binary): void
    {
        if (null === $session = $this->sessions[$connection] ?? null) {
            return;
        }

        // No finally block: exit() would not run it either, and it takes longer. A variable that one way does not need is not
        // set on it, and no step is a method.
        try {
            if (null === ($call = $session->direct) || $binary) {
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

                $this->subject = $envelope;

                if ($this->isScoped) {
                    $this->scopes->enter($envelope);
                }

                if (null !== $this->onReceived) {
                    $event = clone $this->received;
                    $event->envelope = $envelope;
                    ($this->onReceived)($event);
                }

                $result = null === ($call = $action->direct) ? ($action->run)($envelope) : $call($connection, $data);

                if (null !== $result || isset($message->id)) {
                    $this->responder->send($connection, $result, $message->id ?? null);
                }

                if (null !== $this->onHandled) {
                    $event = clone $this->handled;
                    $event->envelope = $envelope;
                    $event->result = $result;
                    ($this->onHandled)($event);
                }
            } elseif ($this->isObserved) {
                $this->subject = $received = clone ($session->received ?? $session->received());
                $received->frame = $data;

                if (null !== $this->onReceived) {
                    ($this->onReceived)($received);
                }

                if (null !== $result = $call($connection, $data)) {
                    $this->responder->send($connection, $result);
                }

                if (null !== $this->onHandled) {
                    $event = clone $this->lazyHandled;
                    $event->received = $received;

                    if (null !== $result) {
                        $event->result = $result;
                    }

                    ($this->onHandled)($event);
                }
            } else {
                $this->subject = $session;
                $this->frame = $data;

                if (null !== $result = $call($connection, $data)) {
                    $this->responder->send($connection, $result);
                }

                $this->frame = '';
            }
        } catch (\Throwable $error) {
            $this->end($session, $envelope ?? $received ?? (null === $call || $binary ? null : $data), $message ?? null, $error);

            return;
        }

        if ($this->touched) {
            $this->end($session, $envelope ?? $received ?? $data);
        } else {
            $this->subject = null;
        }
    }

    /**
     * @param Envelope|MessageReceived|string|null $subject what leads to the envelope; null when the message has none
     *
     * @throws \Throwable what goes to the handler's onError()
     */
    private function end(Session $session, Envelope|MessageReceived|string|null $subject, ?Message $message = null, ?\Throwable $error = null): void
    {
        if (\is_string($subject)) {
            // Somebody may have asked for it.
            $subject = $this->subject instanceof Envelope && $this->subject->session === $session ? $this->subject : $session->envelope($subject);
        }

        $envelope = $subject instanceof MessageReceived ? $subject->envelope : $subject;
        $failure = null === $error ? null : $this->failed($session, $envelope, $message, $error);
        $this->subject = null;
        $this->frame = '';

        if ($this->touched && null !== $envelope) {
            $late = $this->scopes->leave($envelope, $error);
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
