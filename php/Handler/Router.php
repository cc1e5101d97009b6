<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Exception\InvalidHandlerException;

/**
 * Finds the handler of a path: one without placeholders first, then patterns by priority and order of registration, then
 * the handler without a path.
 */
final class Router
{
    /** @var array<string, HandlerDescriptor> */
    private array $static = [];

    /** @var list<HandlerDescriptor> */
    private array $patterns = [];

    private ?HandlerDescriptor $fallback = null;

    /**
     * @param iterable<HandlerDescriptor> $handlers
     *
     * @throws InvalidHandlerException when two handlers have the same path
     */
    public function __construct(iterable $handlers)
    {
        $taken = [];

        foreach ($handlers as $handler) {
            $key = $handler->path->key ?? '';

            if (isset($taken[$key])) {
                throw self::conflict($taken[$key], $handler);
            }

            $taken[$key] = $handler;

            if (null === $handler->path) {
                $this->fallback = $handler;
            } elseif ('' === $handler->path->regex) {
                $this->static[$handler->path->path] = $handler;
            } else {
                $this->patterns[] = $handler;
            }
        }

        usort($this->patterns, static fn (HandlerDescriptor $a, HandlerDescriptor $b): int => $b->priority <=> $a->priority);
    }

    /**
     * @param string $path as sent, not decoded, without query
     *
     * @return array{HandlerDescriptor, array<string, ?string>}|null handler and values of its placeholders, decoded
     */
    public function match(string $path): ?array
    {
        if (isset($this->static[$path])) {
            return [$this->static[$path], []];
        }

        $path = rawurldecode($path);

        if (isset($this->static[$path])) {
            return [$this->static[$path], []];
        }

        foreach ($this->patterns as $handler) {
            if (null !== $values = $handler->path?->match($path)) {
                if (RouteValues::fit($handler, $values)) {
                    return [$handler, $values];
                }
            }
        }

        return null === $this->fallback ? null : [$this->fallback, []];
    }

    /**
     * @return list<string>|null the paths served, for the server's option "path"; null when a list cannot say it
     */
    public function paths(): ?array
    {
        return [] === $this->patterns && null === $this->fallback ? array_map('strval', array_keys($this->static)) : null;
    }

    private static function conflict(HandlerDescriptor $one, HandlerDescriptor $other): InvalidHandlerException
    {
        if (null === $one->path || null === $other->path) {
            return new InvalidHandlerException(sprintf('Both "%s" and "%s" have no path, so either would have to serve every connection. Give them one with #[AsWsHandler(\'/path\')].', $one->id, $other->id));
        }

        $paths = $one->path->path === $other->path->path
            ? sprintf('the path "%s"', $one->path->path)
            : sprintf('the same paths ("%s" and "%s")', $one->path->path, $other->path->path);

        return new InvalidHandlerException(sprintf('Both "%s" and "%s" serve %s. Change one of them, or give a placeholder another requirement.', $one->id, $other->id, $paths));
    }
}
