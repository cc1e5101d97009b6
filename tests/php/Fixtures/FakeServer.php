<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Ferry\HandlerInterface;
use Ferry\Runner\Progress;
use Ferry\Runner\ServerInterface;

/**
 * A server without sockets: run() plays a script of events, one after the other, until it is stopped.
 */
final class FakeServer implements ServerInterface
{
    /** @var array<string, \Closure> */
    public array $callbacks = [];

    /** @var list<float> grace of every stop() */
    public array $stops = [];

    /** @var list<mixed> what the callbacks returned */
    public array $returned = [];

    public ?int $stopCode = null;
    public ?HandlerInterface $introducedTo = null;
    public bool $listening = false;
    public int $played = 0;
    public Progress $progress;

    /** @var list<\Closure> */
    private array $timers = [];

    /** @var list<\Closure> */
    private array $ticks = [];

    /**
     * @param list<\Closure(self): void> $script
     */
    public function __construct(private readonly array $script = [])
    {
        $this->progress = new Progress();
    }

    /** A script step: the event, with a stranger in place of the connection. */
    public static function event(string $event, mixed ...$arguments): \Closure
    {
        return static function (self $server) use ($event, $arguments): void {
            try {
                $server->returned[] = ($server->callbacks[$event])(new \stdClass(), ...$arguments);
            } catch (\Throwable $e) {
                ($server->callbacks['error'])(null, $e);
            }
        };
    }

    public static function message(string $data = 'hello'): \Closure
    {
        return self::event('message', $data, false);
    }

    /** A script step: a second has passed. */
    public static function tick(?Progress $progress = null): \Closure
    {
        return static function (self $server) use ($progress): void {
            $server->progress = $progress ?? $server->progress;

            foreach ($server->ticks as $tick) {
                $tick();
            }
        };
    }

    /** A script step: the events so far are handled, and timers that are due run. */
    public static function timers(): \Closure
    {
        return static fn (self $server) => $server->fire();
    }

    public function on(string $event, \Closure $callback): void
    {
        $this->callbacks[$event] = $callback;
    }

    public function introduceTo(HandlerInterface $handler): void
    {
        $this->introducedTo = $handler;
    }

    public function listen(): string
    {
        $this->listening = true;

        return 'ws://127.0.0.1:4321';
    }

    public function run(): void
    {
        $this->fire();

        foreach ($this->script as $step) {
            if ([] !== $this->stops) {
                return;
            }

            ++$this->played;
            $step($this);
        }
    }

    private function fire(): void
    {
        [$timers, $this->timers] = [$this->timers, []];

        foreach ($timers as $timer) {
            $timer();
        }
    }

    public function stop(float $grace, int $code = 1001): void
    {
        $this->stops[] = $grace;
        $this->stopCode = $code;
    }

    public function after(float $seconds, \Closure $callback): void
    {
        $this->timers[] = $callback;
    }

    public function every(float $seconds, \Closure $callback): void
    {
        $this->ticks[] = $callback;
    }

    public function progress(): Progress
    {
        return $this->progress;
    }
}
