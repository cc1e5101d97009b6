<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Psr\EventDispatcher\EventDispatcherInterface;
use Symfony\Component\EventDispatcher\EventDispatcher;

/**
 * Tells the application's listeners of events, and makes no event that nobody listens to.
 *
 * @internal
 */
final class EventNotifier
{
    public function __construct(private readonly ?EventDispatcherInterface $events)
    {
    }

    /**
     * @param class-string $event
     */
    public function notifies(string $event): bool
    {
        if (null === $this->events) {
            return false;
        }

        return !method_exists($this->events, 'hasListeners') || $this->events->hasListeners($event);
    }

    public function dispatch(object $event): void
    {
        $this->events?->dispatch($event);
    }

    /**
     * What to call for an event that comes with every message. Symfony's own dispatcher would call its listeners just so, but
     * find them anew each time.
     *
     * @param class-string $event
     *
     * @return (\Closure(object): mixed)|null null when nobody listens now
     */
    public function listener(string $event): ?\Closure
    {
        $events = $this->events;

        if (null === $events || !$this->notifies($event)) {
            return null;
        }

        if (EventDispatcher::class !== $events::class) {
            return $events->dispatch(...);
        }

        $listeners = array_map(static function (callable $listener) use ($event, $events): \Closure {
            $listener = \Closure::fromCallable($listener);

            // Most take the event alone, and what nobody takes costs as much as the call.
            return (new \ReflectionFunction($listener))->getNumberOfParameters() > 1 || (new \ReflectionFunction($listener))->isVariadic()
                ? static fn (object $object): mixed => $listener($object, $event, $events)
                : $listener;
        }, array_values($events->getListeners($event)));

        return 1 === \count($listeners) ? $listeners[0] : static function (object $event) use ($listeners): void {
            foreach ($listeners as $listener) {
                $listener($event);
            }
        };
    }
}
