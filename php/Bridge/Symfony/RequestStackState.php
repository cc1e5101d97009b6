<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony;

use Ferry\Handler\SuspendableInterface;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;

/**
 * Gives each handler, and each login during a handshake, a request stack of its own.
 */
final class RequestStackState implements SuspendableInterface
{
    public function __construct(private readonly RequestStack $requests)
    {
    }

    /**
     * @return list<Request> the main request first
     */
    public function suspend(): array
    {
        $requests = [];

        while (null !== $request = $this->requests->pop()) {
            array_unshift($requests, $request);
        }

        return $requests;
    }

    public function resume(mixed $state): void
    {
        foreach (\is_array($state) ? $state : [] as $request) {
            \assert($request instanceof Request);
            $this->requests->push($request);
        }
    }
}
