<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Attribute\AsWsHandler;

/**
 * The handlers of an application, from plain data: the classes are read when they are first needed, once.
 *
 * @implements \IteratorAggregate<int, HandlerDescriptor>
 */
final class HandlerRegistry implements \IteratorAggregate
{
    /** @var ?list<HandlerDescriptor> */
    private ?array $descriptors = null;

    /**
     * @param list<array{id: string, class: string, on?: ?list<array<string, mixed>>}> $handlers 'on': arguments of AsWsHandler,
     *                                                                                          null for what the class says
     */
    public function __construct(private readonly array $handlers)
    {
    }

    /**
     * @return list<HandlerDescriptor> always the same objects
     */
    public function all(): array
    {
        if (null === $this->descriptors) {
            $descriptors = [];

            foreach ($this->handlers as $handler) {
                $on = isset($handler['on']) ? array_map(static fn (array $arguments): AsWsHandler => new AsWsHandler(...$arguments), $handler['on']) : null;
                array_push($descriptors, ...DescriptorFactory::describe($handler['class'], $handler['id'], $on));
            }

            $this->descriptors = $descriptors;
        }

        return $this->descriptors;
    }

    public function getIterator(): \ArrayIterator
    {
        return new \ArrayIterator($this->all());
    }
}
