<?php

declare(strict_types=1);

namespace Ferry;

use Ferry\Handler\MessageCallbackInterface;
use Ferry\Runner\ForgetsServerInterface;
use Ferry\Runner\Listener;
use Ferry\Runner\NativeServer;
use Ferry\Runner\Progress;
use Ferry\Runner\ServerInterface;

/**
 * Serves a handler until it is told to stop. Knows nothing of consoles and frameworks: what happens around the handler is
 * the business of listeners.
 *
 *     (new Runner(new ChatHandler(), ['port' => 8080]))->run([], [new MessageLimit(1000)]);
 */
final class Runner
{
    private const TICK = 1.0;

    private ?ServerInterface $server = null;

    /** Whether the loop runs, so that the server can be stopped without blocking. */
    private bool $looping = false;

    private bool $usesFibers = false;

    private ?string $stopReason = null;
    private int $stopCode = 1001;

    /** @var list<Listener> those of this run */
    private array $watching = [];

    /**
     * @param array<string, mixed>                             $options       of \Ferry\WsServer
     * @param iterable<Listener>                               $listeners     present in every run
     * @param float                                            $grace         seconds that clients have for the closing handshake
     * @param ?\Closure(array<string, mixed>): ServerInterface $serverFactory for tests
     */
    public function __construct(
        private readonly HandlerInterface $handler,
        private readonly array $options = [],
        private iterable $listeners = [],
        private readonly float $grace = 5.0,
        private readonly ?\Closure $serverFactory = null,
    ) {
    }

    /**
     * Listens, and serves until stop(), SIGINT or SIGTERM. All connections are closed when it returns.
     *
     * @param array<string, mixed> $options   win over those of the constructor
     * @param iterable<Listener>   $listeners called after those of the constructor
     *
     * @throws Exception\ExceptionInterface when ext-ferry is missing, an option is wrong or the address cannot be bound
     */
    public function run(array $options = [], iterable $listeners = []): void
    {
        if (null !== $this->server) {
            throw new \LogicException('This runner is running already.');
        }

        $options += $this->options;
        $this->usesFibers = true === ($options['fibers'] ?? false);
        $this->watching = [...$this->listeners(), ...$listeners];
        $this->server = $server = null === $this->serverFactory ? new NativeServer($options) : ($this->serverFactory)($options);

        try {
            $this->attach($server, $options);
            $address = $server->listen();
            // From inside the loop: only there a stop() is sure to meet a loop that it can end.
            $server->after(0.0, fn () => $this->started($server, $address));
            $server->every(self::TICK, fn () => $this->ticked($server->progress()));
            $server->run();

            $this->tell(fn (Listener $listener) => $listener->stopped($this, $this->stopReason));
        } finally {
            $this->server = null;
            $this->looping = false;
            $this->stopReason = null;
            $this->watching = [];

            if ($this->handler instanceof ForgetsServerInterface) {
                $this->handler->forgetServer();
            }
        }
    }

    /**
     * Stops gracefully: what is queued is delivered, then every connection is closed. Returns at once and may be called
     * from the handler, a listener or a signal handler, even before run(). The first reason counts.
     *
     * @param int $code close code that clients get: 1001, the server goes away; 1012, it comes back at once
     */
    public function stop(string $reason = '', int $code = 1001): void
    {
        if (null !== $this->stopReason) {
            return;
        }

        $this->stopReason = $reason;
        $this->stopCode = $code;

        try {
            $this->tell(fn (Listener $listener) => $listener->stopping($this, $reason));
        } finally {
            // The first reason counts, so there is no second try.
            if ($this->looping) {
                $this->server?->stop($this->grace, $code);
            }
        }
    }

    /**
     * Calls $callback once, when the events that have arrived already are handled. Does nothing while no server runs.
     *
     * @param \Closure(): void $callback
     */
    public function defer(\Closure $callback): void
    {
        $this->server?->after(0.0, $callback);
    }

    /** How the server is doing; null while none runs. In Listener::stopped() how it has ended. */
    public function progress(): ?Progress
    {
        return $this->server?->progress();
    }

    /** Whether handlers of this run may be suspended, so that several events are being handled. */
    public function usesFibers(): bool
    {
        return $this->usesFibers;
    }

    public function handler(): HandlerInterface
    {
        return $this->handler;
    }

    /**
     * @return list<Listener> those that are present in every run
     */
    public function listeners(): array
    {
        // A generator can be read once.
        return $this->listeners = [...$this->listeners];
    }

    /**
     * The same handler, options and listeners on another server: what tests run.
     *
     * @internal
     *
     * @param \Closure(array<string, mixed>): ServerInterface $serverFactory
     */
    public function withServer(\Closure $serverFactory): self
    {
        return new self($this->handler, $this->options, $this->listeners, $this->grace, $serverFactory);
    }

    /**
     * @param array<string, mixed> $options
     */
    private function attach(ServerInterface $server, array $options): void
    {
        $handler = $this->handler;
        $slowMs = $options['slow_ms'] ?? 200;
        $slowSeconds = \is_int($slowMs) && $slowMs > 0 ? $slowMs / 1000 : \INF;

        $server->introduceTo($handler);
        $server->on('open', $this->timed('open', $handler->onOpen(...), $slowSeconds));
        $server->on('message', $this->timed('message', $handler instanceof MessageCallbackInterface ? $handler->messageCallback() : $handler->onMessage(...), $slowSeconds));
        $server->on('close', $this->timed('close', $handler->onClose(...), $slowSeconds));
        $server->on('error', function (mixed $connection, \Throwable $error) use ($handler): void {
            try {
                $this->tell(fn (Listener $listener) => $listener->failed($this, $error));
            } finally {
                $handler->onError($connection, $error);
            }
        });

        if ($handler instanceof AuthenticationHandlerInterface) {
            // Inside another event, whose time it is part of.
            $server->on('authenticate', $handler->onAuthenticate(...));
        }

        if ($handler instanceof HandshakeHandlerInterface) {
            $server->on('handshake', $this->timed('handshake', $handler->onHandshake(...), $slowSeconds));
        }
    }

    /**
     * @param 'handshake'|'open'|'message'|'close' $event
     */
    private function timed(string $event, \Closure $handle, float $slowSeconds): \Closure
    {
        $watching = array_values(array_filter($this->watching, static fn (Listener $listener): bool => $listener->watchesEvents()));

        if ([] === $watching) {
            return $handle;
        }

        $beginning = array_values(array_filter($watching, fn (Listener $listener): bool => $listener->watchesBeginnings($this)));

        if ('message' === $event && [] === array_filter($watching, static fn (Listener $listener): bool => $listener->watchesTime())) {
            return $this->untimed($handle, $watching, $beginning);
        }

        return function (mixed ...$arguments) use ($event, $handle, $slowSeconds, $watching, $beginning): mixed {
            foreach ($beginning as $listener) {
                $listener->handling($this, $event);
            }

            $start = hrtime(true);

            try {
                return $handle(...$arguments);
            } finally {
                $seconds = (hrtime(true) - $start) / 1e9;
                $this->tell(function (Listener $listener) use ($event, $seconds, $slowSeconds): void {
                    $listener->handled($this, $event, $seconds);

                    if ($seconds >= $slowSeconds) {
                        $listener->slow($this, $event, $seconds);
                    }
                }, $watching);
            }
        };
    }

    /**
     * @param list<Listener> $watching
     * @param list<Listener> $beginning those of them that are told before the handler
     */
    private function untimed(\Closure $handle, array $watching, array $beginning): \Closure
    {
        if ([] === $beginning && 1 === \count($watching)) {
            [$listener] = $watching;

            return function (object $connection, string $data, bool $binary) use ($handle, $listener): void {
                try {
                    $handle($connection, $data, $binary);
                } finally {
                    $listener->handled($this, 'message', 0.0);
                }
            };
        }

        return function (object $connection, string $data, bool $binary) use ($handle, $watching, $beginning): void {
            foreach ($beginning as $listener) {
                $listener->handling($this, 'message');
            }

            try {
                $handle($connection, $data, $binary);
            } finally {
                $this->tell(fn (Listener $listener) => $listener->handled($this, 'message', 0.0), $watching);
            }
        };
    }

    private function started(ServerInterface $server, string $address): void
    {
        $this->looping = true;

        if (null !== $this->stopReason) {
            $server->stop($this->grace, $this->stopCode);

            return;
        }

        $this->tell(fn (Listener $listener) => $listener->started($this, $address));
    }

    private function ticked(Progress $progress): void
    {
        $this->tell(fn (Listener $listener) => $listener->ticked($this, $progress));
    }

    /**
     * All of them are told, also when one throws: what the others limit, reset or release must not depend on it.
     *
     * @param \Closure(Listener): mixed $what
     * @param ?list<Listener>           $listeners null: those of this run
     *
     * @throws \Throwable the first that one of them has thrown
     */
    private function tell(\Closure $what, ?array $listeners = null): void
    {
        $failure = null;

        foreach ($listeners ?? $this->watching as $listener) {
            try {
                $what($listener);
            } catch (\Throwable $e) {
                $failure ??= $e;
            }
        }

        if (null !== $failure) {
            throw $failure;
        }
    }
}
