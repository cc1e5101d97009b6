<?php

declare(strict_types=1);

namespace Ferry\Handler\Resolver;

use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\RouteValues;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;

/**
 * The value of a placeholder of the path, by the argument's name: string, int, float, bool or a backed enum. The router
 * has seen to it that the value fits.
 */
final class RouteValueResolver implements ValueResolverInterface
{
    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        $name = $argument->name;

        if (!\in_array($name, $method->placeholders, true) || !RouteValues::takes($argument)) {
            return null;
        }

        $default = $argument->default;

        if (\in_array($argument->type, ['string', 'mixed', null], true)) {
            return static fn (Envelope $envelope): mixed => $envelope->session->route[$name] ?? $default;
        }

        return static function (Envelope $envelope) use ($argument, $name, $default): mixed {
            $value = $envelope->session->route[$name] ?? null;

            return null === $value ? $default : RouteValues::cast($argument, $value);
        };
    }
}
