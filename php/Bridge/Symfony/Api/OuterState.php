<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Api;

use Ferry\Bridge\Symfony\RequestContextState;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\Routing\RequestContext;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\Storage\UsageTrackingTokenStorage;

/**
 * What says whose event is being handled. A request in between begins with none of it, and leaves none of its own.
 *
 * @internal
 */
final class OuterState
{
    /**
     * @param ?TokenStorageInterface $tokens  security.untracked_token_storage
     * @param ?TokenStorageInterface $tracked security.token_storage
     */
    public function __construct(
        private readonly RequestStack $requests,
        private readonly ?TokenStorageInterface $tokens = null,
        private readonly ?TokenStorageInterface $tracked = null,
        private readonly ?RequestContext $context = null,
    ) {
    }

    /**
     * @template T
     *
     * @param \Closure(): T $inside
     *
     * @return T
     */
    public function leaveFor(\Closure $inside): mixed
    {
        $requests = $this->takeRequests();
        $context = null === $this->context ? null : clone $this->context;
        $token = $this->tokens?->getToken();
        $this->tokens?->setToken(null);

        try {
            return $inside();
        } finally {
            $this->takeRequests();

            foreach ($requests as $request) {
                $this->requests->push($request);
            }

            $this->tokens?->setToken($token);

            if ($this->tracked instanceof UsageTrackingTokenStorage) {
                // The context listener begins it; who reads the token later has no session.
                $this->tracked->disableUsageTracking();
            }

            if (null !== $this->context && null !== $context) {
                // The router keeps the host of the last request for the URLs that it makes.
                RequestContextState::copy($context, $this->context);
            }
        }
    }

    /**
     * @return list<\Symfony\Component\HttpFoundation\Request> the outermost first
     */
    private function takeRequests(): array
    {
        $requests = [];

        while (null !== $request = $this->requests->pop()) {
            array_unshift($requests, $request);
        }

        return $requests;
    }
}
