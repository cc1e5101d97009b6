<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony;

use Ferry\Handler\SuspendableInterface;
use Symfony\Component\Routing\RequestContext;

/**
 * Gives each handler a context of its own for the URLs that it makes: host, scheme, base path, parameters. Those that the
 * router has when the server starts hold between two handlers.
 */
final class RequestContextState implements SuspendableInterface
{
    private readonly ?RequestContext $outside;

    /**
     * @param ?RequestContext $context null where the application has no router
     */
    public function __construct(private readonly ?RequestContext $context)
    {
        $this->outside = null === $context ? null : clone $context;
    }

    public function suspend(): ?RequestContext
    {
        if (null === $this->context || null === $this->outside) {
            return null;
        }

        $state = clone $this->context;
        self::copy($this->outside, $this->context);

        return $state;
    }

    public function resume(mixed $state): void
    {
        if (null !== $this->context && $state instanceof RequestContext) {
            self::copy($state, $this->context);
        }
    }

    /** The object stays: the router and its URL generator have it. */
    public static function copy(RequestContext $from, RequestContext $to): void
    {
        $to
            ->setBaseUrl($from->getBaseUrl())
            ->setPathInfo($from->getPathInfo())
            ->setMethod($from->getMethod())
            ->setHost($from->getHost())
            ->setScheme($from->getScheme())
            ->setHttpPort($from->getHttpPort())
            ->setHttpsPort($from->getHttpsPort())
            ->setQueryString($from->getQueryString())
            ->setParameters($from->getParameters());
    }
}
