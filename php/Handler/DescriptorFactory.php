<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnClose;
use Ferry\Attribute\OnError;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Exception\InvalidHandlerException;
use Ferry\HandlerInterface;

/**
 * Reads the attributes of a handler class.
 */
final class DescriptorFactory
{
    private const EVENTS = [
        OnOpen::class => MethodDescriptor::OPEN,
        OnClose::class => MethodDescriptor::CLOSE,
        OnError::class => MethodDescriptor::ERROR,
    ];

    /**
     * One descriptor per path of the class.
     *
     * @param ?string                            $id of the service, by default the class
     * @param AsWsHandler|list<AsWsHandler>|null $on where it is served; null: where its attributes say
     *
     * @return non-empty-list<HandlerDescriptor>
     *
     * @throws InvalidHandlerException when the class cannot be served
     */
    public static function describe(string $class, ?string $id = null, AsWsHandler|array|null $on = null): array
    {
        if (!class_exists($class)) {
            throw new InvalidHandlerException(sprintf('The handler class "%s" does not exist.', $class));
        }

        $reflection = new \ReflectionClass($class);
        $on = $on instanceof AsWsHandler ? [$on] : $on;
        $on ??= array_map(static fn (\ReflectionAttribute $attribute): AsWsHandler => $attribute->newInstance(), $reflection->getAttributes(AsWsHandler::class));
        $isInterface = $reflection->implementsInterface(HandlerInterface::class);

        if ([] === $on && !$isInterface) {
            throw new InvalidHandlerException(sprintf('The handler "%s" has no path. Put #[AsWsHandler(\'/path\')] on the class, or implement %s.', $class, HandlerInterface::class));
        }

        $descriptors = [];

        foreach ([] === $on ? [null] : $on as $attribute) {
            try {
                $path = null === $attribute ? null : PathPattern::compile($attribute->path, $attribute->requirements, $attribute->defaults);
            } catch (InvalidHandlerException $e) {
                throw new InvalidHandlerException(sprintf('%s: %s', $class, $e->getMessage()), 0, $e);
            }

            $descriptors[] = new HandlerDescriptor(
                $id ?? $class,
                $class,
                $path,
                self::methods($reflection, $path->placeholders ?? [], $isInterface),
                $attribute->middleware ?? [],
                $isInterface,
                $attribute->priority ?? 0,
                $attribute->options ?? [],
                $attribute->async ?? false,
            );
        }

        return $descriptors;
    }

    /**
     * @param \ReflectionClass<object> $class
     * @param list<string>             $placeholders
     *
     * @return list<MethodDescriptor>
     */
    private static function methods(\ReflectionClass $class, array $placeholders, bool $isInterface): array
    {
        $methods = [];
        $taken = [];

        foreach ($class->getMethods() as $method) {
            foreach (self::events($method) as [$event, $type, $raw, $async]) {
                $key = MethodDescriptor::MESSAGE === $event ? sprintf('#[OnMessage%s]', $raw ? '(raw: true)' : (null === $type ? '' : "('$type')")) : '#[On'.ucfirst($event).']';

                if ($isInterface) {
                    throw new InvalidHandlerException(sprintf('%s::%s() has %s, but the class is a %s, whose methods are called as they are. Drop the attribute or the interface.', $class->name, $method->name, $key, HandlerInterface::class));
                }

                if (!$method->isPublic() || $method->isStatic() || $method->isAbstract()) {
                    throw new InvalidHandlerException(sprintf('%s::%s() has %s and so must be public and neither static nor abstract.', $class->name, $method->name, $key));
                }

                if (isset($taken[$key])) {
                    throw new InvalidHandlerException(sprintf('Both %s::%s() and %s() have %s. Only one method can.', $class->name, $taken[$key], $method->name, $key));
                }

                $taken[$key] = $method->name;
                $methods[] = new MethodDescriptor($class->name, $method->name, $event, $type, $raw, array_map(ArgumentMetadata::fromReflection(...), $method->getParameters()), $placeholders, $async);
            }
        }

        if ([] === $methods && !$isInterface) {
            throw new InvalidHandlerException(sprintf('The handler "%s" handles nothing. Put #[OnMessage(\'type\')] (or OnOpen, OnClose, OnError) on a public method.', $class->name));
        }

        return $methods;
    }

    /**
     * @return iterable<array{MethodDescriptor::*, ?string, bool, bool}> event, type, whether it takes raw frames and whether it waits
     */
    private static function events(\ReflectionMethod $method): iterable
    {
        foreach ($method->getAttributes() as $attribute) {
            $name = $attribute->getName();

            if (isset(self::EVENTS[$name])) {
                yield [self::EVENTS[$name], null, false, false];
            } elseif (OnMessage::class === $name) {
                $on = $attribute->newInstance();
                \assert($on instanceof OnMessage);

                if ($on->raw && null !== $on->type) {
                    throw new InvalidHandlerException(sprintf('%s::%s() has #[OnMessage] with both a type and raw: a raw frame has no type.', $method->class, $method->name));
                }

                yield [MethodDescriptor::MESSAGE, $on->type, $on->raw, $on->async];
            }
        }
    }
}
