<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Attribute\MapMessage;
use Ferry\Bridge\Laravel\Message;
use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;
use Illuminate\Auth\Access\AuthorizationException;
use Illuminate\Contracts\Foundation\Application;

/**
 * The message's data as an object of a class that has rules(), validated by Laravel's validator: a Message, which is to a
 * message what a form request is to a request, or a class of plain properties.
 */
final class MessageClassResolver implements ValueResolverInterface
{
    public function __construct(private readonly Application $app)
    {
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        $class = $argument->type;

        if (MethodDescriptor::MESSAGE !== $method->event || $method->raw || null === $class || !class_exists($class)) {
            return null;
        }

        if (is_a($class, Message::class, true)) {
            return fn (Envelope $envelope): Message => $this->message($class, self::data($envelope));
        }

        if (!method_exists($class, 'rules') && !$argument->hasAttribute(MapMessage::class)) {
            return null;
        }

        return fn (Envelope $envelope): object => PlainMessage::make($class, $this->validated($class, self::data($envelope)));
    }

    /**
     * @param class-string<Message> $class
     * @param array<mixed>          $data
     */
    private function message(string $class, array $data): Message
    {
        $message = $this->app->make($class);
        $data = $message->prepareForValidation($data);

        if (method_exists($message, 'authorize') && true !== $this->app->call([$message, 'authorize'])) {
            throw new AuthorizationException('This action is unauthorized.');
        }

        $rules = method_exists($message, 'rules') ? $this->app->call([$message, 'rules']) : [];
        $validator = $this->app->make('validator')->make($data, $rules, $message->messages(), $message->attributes());

        return $message->fill($data, $validator->validate());
    }

    /**
     * @param class-string $class
     * @param array<mixed> $data
     *
     * @return array<mixed> what the rules name; all of it without rules
     */
    private function validated(string $class, array $data): array
    {
        if (!method_exists($class, 'rules')) {
            return $data;
        }

        // Rules that are no static method are asked of an object that has no values yet.
        $rules = $this->app->call((new \ReflectionMethod($class, 'rules'))->isStatic()
            ? $class.'::rules'
            : [(new \ReflectionClass($class))->newInstanceWithoutConstructor(), 'rules']);

        return $this->app->make('validator')->make($data, $rules)->validate();
    }

    /**
     * @return array<mixed>
     */
    private static function data(Envelope $envelope): array
    {
        $data = $envelope->message?->data ?? [];

        return \is_array($data) ? $data : throw RefusedException::invalidMessage(sprintf('The field "data" must be an object, %s given.', get_debug_type($data)));
    }
}
