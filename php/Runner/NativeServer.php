<?php

declare(strict_types=1);

namespace Ferry\Runner;

use Ferry\ExtensionCheck;
use Ferry\HandlerInterface;
use Ferry\ServerAwareInterface;
use Ferry\WsServer;

/**
 * The real server, from ext-ferry.
 *
 * @internal
 */
final class NativeServer implements ServerInterface
{
    public readonly WsServer $server;
    private readonly bool $fibers;

    /**
     * @param array<string, mixed> $options see \Ferry\WsServer
     */
    public function __construct(array $options)
    {
        ExtensionCheck::assertLoaded();

        $this->server = new WsServer($options);
        $this->fibers = true === ($options['fibers'] ?? false);
    }

    public function on(string $event, \Closure $callback): void
    {
        $this->server->on($event, $callback);
    }

    public function introduceTo(HandlerInterface $handler): void
    {
        if ($handler instanceof ServerAwareInterface) {
            $handler->setServer($this->server);
        }
    }

    public function listen(): string
    {
        return $this->server->listen();
    }

    public function run(): void
    {
        if ($this->fibers && RevoltLoop::isInstalled()) {
            (new RevoltLoop())->run($this->server);
        } else {
            $this->server->run();
        }
    }

    public function stop(float $grace, int $code = 1001): void
    {
        $this->server->stop($code, '', $grace);
    }

    public function after(float $seconds, \Closure $callback): void
    {
        $this->server->after($seconds, $callback);
    }

    public function every(float $seconds, \Closure $callback): void
    {
        $this->server->every($seconds, $callback);
    }

    public function progress(): Progress
    {
        return Progress::fromStats($this->server->stats());
    }
}
