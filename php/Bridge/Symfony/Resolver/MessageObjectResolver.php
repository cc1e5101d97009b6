<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Resolver;

use Ferry\Attribute\MapMessage;
use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;
use Symfony\Component\Serializer\Exception\ExceptionInterface as SerializerException;
use Symfony\Component\Serializer\Exception\ExtraAttributesException;
use Symfony\Component\Serializer\Exception\MissingConstructorArgumentsException;
use Symfony\Component\Serializer\Exception\NotNormalizableValueException;
use Symfony\Component\Serializer\Exception\PartialDenormalizationException;
use Symfony\Component\Serializer\Normalizer\DenormalizerInterface;
use Symfony\Component\Validator\ConstraintViolationInterface;
use Symfony\Component\Validator\Validator\ValidatorInterface;
use Symfony\Contracts\Translation\TranslatorInterface;

/**
 * An object made from the message's data by the Serializer and checked by the Validator. What either objects to goes to the
 * client as violations.
 */
final class MessageObjectResolver implements ValueResolverInterface
{
    public function __construct(
        private readonly ?DenormalizerInterface $serializer = null,
        private readonly ?ValidatorInterface $validator = null,
        private readonly ?TranslatorInterface $translator = null,
    ) {
    }

    /** Whether an argument can be such an object: explicitly, or because it is of a class that can be made. */
    public static function concerns(ArgumentMetadata $argument, MethodDescriptor $method): bool
    {
        if (MethodDescriptor::MESSAGE !== $method->event || $method->raw || null === $argument->type || $argument->builtin) {
            return false;
        }

        return $argument->hasAttribute(MapMessage::class)
            || [] === $argument->attributes && class_exists($argument->type) && (new \ReflectionClass($argument->type))->isInstantiable();
    }

    public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
    {
        if (null === $this->serializer || !self::concerns($argument, $method)) {
            return null;
        }

        $map = $argument->attribute(MapMessage::class) ?? new MapMessage();
        $class = (string) $argument->type;
        $context = $map->context + [DenormalizerInterface::COLLECT_DENORMALIZATION_ERRORS => true];

        // Dates and enums are made of strings, everything else of fields.
        $ofScalars = is_a($class, \DateTimeInterface::class, true) || is_a($class, \UnitEnum::class, true);

        return function (Envelope $envelope) use ($class, $context, $map, $ofScalars): object {
            $data = $envelope->message?->data;

            if (!$ofScalars && !\is_array($data)) {
                throw RefusedException::invalidMessage('The message is not valid.', [self::problem('', $this->translate('This value should be of type {{ type }}.', ['{{ type }}' => 'object']))]);
            }

            try {
                $object = $this->serializer?->denormalize($data, $class, 'json', $context);
            } catch (SerializerException $e) {
                throw RefusedException::invalidMessage('The message is not valid.', $this->problems($e), $e);
            }

            \assert(\is_object($object));
            $violations = $this->validator?->validate($object, null, $map->groups) ?? [];

            if (0 === \count($violations)) {
                return $object;
            }

            $problems = [];

            /** @var ConstraintViolationInterface $violation */
            foreach ($violations as $violation) {
                $problems[] = self::problem($violation->getPropertyPath(), (string) $violation->getMessage());
            }

            throw RefusedException::invalidMessage('The message is not valid.', $problems);
        };
    }

    /**
     * @return list<array{path: string, message: string}>
     */
    private function problems(SerializerException $e): array
    {
        return match (true) {
            $e instanceof PartialDenormalizationException => array_merge(...array_map($this->problems(...), array_values($e->getErrors()))),
            $e instanceof NotNormalizableValueException => [self::problem((string) $e->getPath(), $this->typeMessage($e))],
            $e instanceof MissingConstructorArgumentsException => array_map(
                fn (string $name): array => self::problem(ltrim($name, '$'), $this->translate('This field is missing.')),
                array_values($e->getMissingConstructorArguments()),
            ),
            $e instanceof ExtraAttributesException => array_map(
                fn (string $name): array => self::problem($name, $this->translate('This field was not expected.')),
                array_values($e->getExtraAttributes()),
            ),
            default => [self::problem('', $this->translate('This value is not valid.'))],
        };
    }

    /** As Symfony's own #[MapRequestPayload] says it. */
    private function typeMessage(NotNormalizableValueException $e): string
    {
        $types = implode('|', (array) $e->getExpectedTypes()) ?: '?';

        return $this->translate('This value should be of type {{ type }}.', ['{{ type }}' => $types]);
    }

    /**
     * @param array<string, string> $parameters
     */
    private function translate(string $message, array $parameters = []): string
    {
        return $this->translator?->trans($message, $parameters, 'validators') ?? strtr($message, $parameters);
    }

    /**
     * @return array{path: string, message: string}
     */
    private static function problem(string $path, string $message): array
    {
        return ['path' => $path, 'message' => $message];
    }
}
