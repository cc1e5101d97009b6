<?php

declare(strict_types=1);

namespace Ferry\Handler\Resolver;

use Ferry\Connection;
use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\CurrentServer;
use Ferry\Handler\Message;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\Session;
use Ferry\Handler\Sources;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Handshake;
use Ferry\Identity;
use Ferry\Middleware\Envelope;
use Ferry\WsServer;

/**
 * Ferry's own objects, by type: Connection, Handshake, Identity, WsServer, Message, Envelope, Session, and the Throwable of
 * an #[OnError] method.
 */
final class ContextResolver implements ValueResolverInterface
{
    public function __construct(private readonly CurrentServer $server = new CurrentServer())
    {
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        $server = $this->server;
        $hasMessage = \in_array($method->event, [MethodDescriptor::MESSAGE, MethodDescriptor::ERROR], true);

        return match ($argument->type) {
            Connection::class => Sources::connection(),
            Handshake::class => static fn (Envelope $envelope): object => $envelope->connection->handshake(),
            Identity::class => $argument->nullable
                ? static fn (Envelope $envelope): ?object => $envelope->connection->identity()
                : static fn (Envelope $envelope): object => $envelope->connection->identity() ?? throw RefusedException::unauthenticated(),
            WsServer::class => static fn (): WsServer => $server->get(),
            Envelope::class => static fn (Envelope $envelope): Envelope => $envelope,
            Session::class => static fn (Envelope $envelope): Session => $envelope->session,
            Message::class => $hasMessage && (MethodDescriptor::MESSAGE === $method->event || $argument->nullable)
                ? static fn (Envelope $envelope): ?Message => $envelope->message
                : null,
            \Throwable::class => MethodDescriptor::ERROR === $method->event
                ? static fn (Envelope $envelope): ?\Throwable => $envelope->error
                : null,
            default => null,
        };
    }
}
