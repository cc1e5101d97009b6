<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Psr\Container\ContainerInterface;
use Psr\Container\NotFoundExceptionInterface;

/**
 * Objects that are there already, for applications without a container.
 *
 * @internal
 */
final class ObjectContainer implements ContainerInterface
{
    /** @param array<string, object> $objects */
    public function __construct(private readonly array $objects)
    {
    }

    public function get(string $id): object
    {
        return $this->objects[$id] ?? throw new class(sprintf('There is no "%s".', $id)) extends \LogicException implements NotFoundExceptionInterface {};
    }

    public function has(string $id): bool
    {
        return isset($this->objects[$id]);
    }
}
