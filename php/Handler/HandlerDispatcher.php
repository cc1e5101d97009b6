<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\AuthenticationHandlerInterface;
use Ferry\Connection;
use Ferry\Event\ConnectionClosed;
use Ferry\Event\ConnectionOpened;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Handshake;
use Ferry\HandshakeHandlerInterface;
use Ferry\Http\OutputBuffers;
use Ferry\Identity;
use Ferry\Middleware\Envelope;
use Ferry\Runner\ForgetsServerInterface;
use Ferry\ServerAwareInterface;
use Ferry\WsServer;
use Psr\EventDispatcher\EventDispatcherInterface;
use Psr\Log\LoggerInterface;

/**
 * Serves several handlers, each on its path: the one handler that the Runner gets.
 *
 * Around each event, from the outside: scopes, the PSR-14 event, middleware, resolving of arguments, guards, the method.
 * What the method returns is sent. A message that the client got wrong is answered with an error frame and counted; what
 * else a method throws goes to its handler's #[OnError], or is logged and answered with "internal_error".
 */
final class HandlerDispatcher implements HandshakeHandlerInterface, AuthenticationHandlerInterface, MessageCallbackInterface, ServerAwareInterface, ForgetsServerInterface
{
    private const POLICY_VIOLATION = 1008;
    private const INTERNAL_ERROR = 1011;

    /** @var ?array<int, Endpoint> by the descriptor's object id; null until the first use */
    private ?array $endpoints = null;

    /** @var list<AdmissionInterface> */
    private array $admissions = [];

    private readonly Responder $responder;

    private readonly EventNotifier $notifier;
    private Scopes $scopes;
    private readonly MessagePath $messages;

    /**
     * @param iterable<HandlerDescriptor>        $handlers
     * @param iterable<ScopeInterface>           $enclosing  scopes, outermost first
     * @param iterable<AdmissionInterface>       $gates      admissions, in the order in which they are asked
     * @param iterable<ExceptionMapperInterface> $mappers    the first that knows an exception decides
     * @param iterable<SuspendableInterface>     $suspendable beside the scopes that are
     */
    public function __construct(
        private readonly Router $router,
        private readonly iterable $handlers,
        private readonly EndpointFactory $factory,
        private readonly CurrentServer $server = new CurrentServer(),
        MessageDecoderInterface $decoder = new JsonMessageDecoder(),
        private readonly iterable $enclosing = [],
        private readonly iterable $gates = [],
        iterable $mappers = [],
        ?EventDispatcherInterface $events = null,
        ?ResultNormalizerInterface $normalizer = null,
        private readonly ?LoggerInterface $logger = null,
        private readonly iterable $suspendable = [],
    ) {
        $this->responder = new Responder($mappers, $normalizer);
        $this->notifier = new EventNotifier($events);
        $this->messages = new MessagePath($decoder, $this->responder, $this->notifier);
    }

    /**
     * Serves objects without a framework's container; their classes have the attributes.
     *
     *     new Runner(HandlerDispatcher::of([new ChatHandler($pdo)]), ['port' => 8080])
     *
     * @param iterable<object>                 $handlers
     * @param iterable<ValueResolverInterface> $resolvers asked before the built-in ones
     * @param mixed                            ...$more   further named arguments of the constructor
     *
     * @throws InvalidHandlerException
     */
    public static function of(iterable $handlers, iterable $resolvers = [], mixed ...$more): self
    {
        $server = $more['server'] ?? new CurrentServer();
        \assert($server instanceof CurrentServer);
        $objects = $descriptors = [];

        foreach ($handlers as $handler) {
            $id = isset($objects[$handler::class]) ? $handler::class.'#'.\count($objects) : $handler::class;
            $objects[$id] = $handler;
            array_push($descriptors, ...DescriptorFactory::describe($handler::class, $id));
        }

        $arguments = new ArgumentCompiler([...$resolvers, ...ArgumentCompiler::builtIn($server)]);

        return new self(new Router($descriptors), $descriptors, new EndpointFactory(new ObjectContainer($objects), $arguments), ...['server' => $server] + $more);
    }

    public function setServer(WsServer $server): void
    {
        $this->server->set($server);
        $this->messages->forget();

        // Now, so that what is wrong with a handler stops the start and not a message.
        foreach ($this->prepare() as $endpoint) {
            if ($endpoint->handler instanceof ServerAwareInterface) {
                $endpoint->handler->setServer($server);
            }
        }

        $this->fiberContext()->follow($server);
    }

    public function forgetServer(): void
    {
        $this->server->set(null);
        $this->messages->forget();
    }

    /**
     * Makes all handlers ready; otherwise the first connection does.
     *
     * @return array<int, Endpoint>
     *
     * @throws InvalidHandlerException when one cannot be served
     */
    public function prepare(): array
    {
        if (null === $this->endpoints) {
            $endpoints = [];

            foreach ($this->handlers as $descriptor) {
                $endpoints[spl_object_id($descriptor)] = $this->factory->create($descriptor);
            }

            if ([] === $endpoints) {
                throw new InvalidHandlerException('There is no handler to serve. Put #[AsWsHandler(\'/path\')] on a class, or implement Ferry\HandlerInterface.');
            }

            $this->scopes = $this->messages->within($this->enclosing);
            $this->admissions = [...$this->gates];
            $this->endpoints = $endpoints;
        }

        return $this->endpoints;
    }

    /** @internal what has to follow the handlers' fibers */
    public function fiberContext(): FiberContext
    {
        $this->prepare();
        $scopes = array_filter([...$this->scopes->lazy, ...$this->scopes->ordinary], static fn (ScopeInterface $scope): bool => $scope instanceof SuspendableInterface);

        return new FiberContext([$this->scopes, ...array_values($scopes), ...$this->suspendable, new OutputBuffers()]);
    }

    public function router(): Router
    {
        return $this->router;
    }

    /**
     * @return array<string, int> error frames sent, by code
     */
    public function refused(): array
    {
        return $this->responder->refused();
    }

    /**
     * @param Handshake $handshake
     */
    public function onHandshake(object $handshake): Identity|bool|int|null
    {
        $match = $this->router->match($handshake->path);

        if (null === $match) {
            return 404;
        }

        [$descriptor, $route] = $match;
        $handler = $this->endpoint($descriptor)->handler;
        $identity = null;

        foreach ($this->admissions as $admission) {
            $answer = $admission->admit($handshake, $descriptor, $route, $identity);

            if (\is_object($answer)) {
                $identity = $answer;
            } elseif (null !== $answer && true !== $answer) {
                return $answer;
            }
        }

        $answer = match (true) {
            $handler instanceof AdmissionInterface => $handler->admit($handshake, $descriptor, $route, $identity),
            $handler instanceof HandshakeHandlerInterface => $handler->onHandshake($handshake),
            default => null,
        };

        return null === $answer || true === $answer ? $identity : $answer;
    }

    /**
     * @param Connection $connection
     */
    public function onAuthenticate(object $connection, Identity $identity): bool
    {
        foreach ($this->admissions as $admission) {
            if ($admission instanceof IdentityCheckInterface && !$admission->accepts($connection, $identity)) {
                return false;
            }
        }

        if (null !== $session = $this->messages->sessions[$connection] ?? null) {
            foreach ($this->scopes->lazy as $scope) {
                $scope->identityChanges($session);
            }
        }

        return true;
    }

    /**
     * @param Connection $connection
     */
    public function onOpen(object $connection): void
    {
        $match = $this->router->match($connection->handshake()->path);

        if (null === $match) {
            // Only when the Runner's handler does not take part in the handshake.
            $connection->close(self::POLICY_VIOLATION, 'Nothing is served here');

            return;
        }

        [$descriptor, $route] = $match;
        $endpoint = $this->endpoint($descriptor);
        $session = new Session($connection, $descriptor, $route, $endpoint);
        $this->messages->open($session);
        $envelope = new Envelope(MethodDescriptor::OPEN, $connection, $session, $endpoint->open?->method);

        try {
            $this->scopes->enclose($envelope, function (Envelope $envelope) use ($connection, $session, $endpoint): void {
                if ($this->notifier->notifies(ConnectionOpened::class)) {
                    $this->notifier->dispatch(new ConnectionOpened($connection, $session));
                }

                $this->responder->send($connection, null === $endpoint->open ? null : ($endpoint->open->run)($envelope));
            });
        } catch (\Throwable $error) {
            if (null === $frame = $this->responder->frame($error)) {
                throw $error;
            }

            // Who was not let in has nothing to try again.
            $this->responder->refuse($connection, $frame);
            $connection->close(self::POLICY_VIOLATION, substr($frame->code, 0, 123));
        }

        $session->opened = true;
    }

    /**
     * @param Connection $connection
     */
    public function onMessage(object $connection, string $data, bool $binary): void
    {
        $this->messages->handle($connection, $data, $binary);
    }

    public function messageCallback(): \Closure
    {
        return $this->messages->handle(...);
    }

    /**
     * @param Connection $connection
     */
    public function onClose(object $connection, int $code, string $reason): void
    {
        if (null === $session = $this->messages->sessions[$connection] ?? null) {
            return;
        }

        $envelope = new Envelope(MethodDescriptor::CLOSE, $connection, $session, $session->endpoint->close?->method);
        $envelope->code = $code;
        $envelope->reason = $reason;
        $session->close();

        try {
            $this->scopes->enclose($envelope, function (Envelope $envelope) use ($connection, $session, $code, $reason): void {
                try {
                    if (null !== $action = $session->endpoint->close) {
                        ($action->run)($envelope);
                    }
                } finally {
                    if ($this->notifier->notifies(ConnectionClosed::class)) {
                        $this->notifier->dispatch(new ConnectionClosed($connection, $session, $code, $reason));
                    }
                }
            });
        } catch (\Throwable $error) {
            // onError() is called next, and the handler is the one of this session.
            $session->closed = true;

            throw $error;
        }

        unset($this->messages->sessions[$connection]);
    }

    /**
     * @param ?Connection $connection
     */
    public function onError(?object $connection, \Throwable $error): void
    {
        $session = null === $connection ? null : $this->messages->sessions[$connection] ?? null;

        if (null === $session) {
            $this->logger?->error('WebSocket server: {message}', ['message' => $error->getMessage(), 'exception' => $error]);

            return;
        }

        $message = $session->failed;
        $session->failed = null;

        if ($session->closed) {
            unset($this->messages->sessions[$connection]);
        }

        try {
            $this->report($session, $message, $error);
        } finally {
            if (!$session->opened) {
                $session->connection->close(self::INTERNAL_ERROR, 'Could not open');
            }
        }
    }

    private function report(Session $session, ?Message $message, \Throwable $error): void
    {
        if (null !== $action = $session->endpoint->error) {
            $envelope = new Envelope(MethodDescriptor::ERROR, $session->connection, $session, $action->method);
            $envelope->message = $message;
            $envelope->error = $error;
            $this->scopes->enclose($envelope, fn (Envelope $envelope) => $this->responder->send($session->connection, ($action->run)($envelope)));

            return;
        }

        $this->logger?->error('WebSocket handler {handler} failed: {message}', ['handler' => $session->handler->class, 'message' => $error->getMessage(), 'exception' => $error]);

        if (!$session->closed) {
            $this->responder->refuse($session->connection, new ErrorFrame(ErrorFrame::INTERNAL_ERROR, 'Something went wrong on the server.'), $message?->id);
        }
    }

    private function endpoint(HandlerDescriptor $descriptor): Endpoint
    {
        return $this->prepare()[spl_object_id($descriptor)];
    }
}
