<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\GuardInterface;
use Ferry\Handler\MethodDescriptor;
use Ferry\Middleware\Envelope;
use Symfony\Component\Security\Core\Authorization\AuthorizationCheckerInterface;
use Symfony\Component\Security\Core\Exception\AccessDeniedException;

/**
 * Checks #[IsGranted] before a handler's method is called. On a class it stands for those of its methods that clients
 * cause: the opening and messages.
 *
 * A subject is the name of an argument, or an array of them, as with controllers.
 */
final class IsGrantedGuard implements GuardInterface
{
    public function __construct(private readonly AuthorizationCheckerInterface $checker)
    {
    }

    public function compile(MethodDescriptor $method): ?\Closure
    {
        $reflection = $method->reflect();
        $granted = GrantedAttributes::of($reflection);

        if (\in_array($method->event, [MethodDescriptor::OPEN, MethodDescriptor::MESSAGE], true)) {
            $granted = [...GrantedAttributes::of(new \ReflectionClass($method->class)), ...$granted];
        }

        if ([] === $granted) {
            return null;
        }

        $checks = array_map(fn (array $one): array => [$one['attribute'], $this->subject($one['subject'], $method), $one['message']], $granted);

        return function (Envelope $envelope, array $arguments) use ($checks): void {
            foreach ($checks as [$attribute, $subject, $message]) {
                $about = null === $subject ? null : $subject($arguments);

                if (!$this->checker->isGranted($attribute, $about)) {
                    $denied = new AccessDeniedException($message ?? 'Access denied.');
                    $denied->setAttributes([$attribute]);
                    $denied->setSubject($about);

                    throw $denied;
                }
            }
        };
    }

    /**
     * @return (\Closure(list<mixed>): mixed)|null
     */
    private function subject(mixed $subject, MethodDescriptor $method): ?\Closure
    {
        if (null === $subject) {
            return null;
        }

        if (\is_array($subject)) {
            $parts = [];

            foreach ($subject as $key => $one) {
                $parts[\is_string($key) ? $key : (\is_string($one) ? $one : $key)] = $this->subject($one, $method);
            }

            return static fn (array $arguments): array => array_map(static fn (?\Closure $part): mixed => null === $part ? null : $part($arguments), $parts);
        }

        if (!\is_string($subject)) {
            throw new InvalidHandlerException(sprintf('The subject of #[IsGranted] on %s must be the name of an argument or an array of names, %s given.', $method, get_debug_type($subject)));
        }

        foreach ($method->arguments as $position => $argument) {
            if ($argument->name === $subject) {
                return static fn (array $arguments): mixed => $arguments[$position];
            }
        }

        throw new InvalidHandlerException(sprintf('The subject "%s" of #[IsGranted] is no argument of %s.', $subject, $method));
    }
}
