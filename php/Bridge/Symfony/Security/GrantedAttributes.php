<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Symfony\Component\Security\Http\Attribute\IsGranted;

/**
 * Reads #[IsGranted] of classes and methods. Symfony 5.4 does not have the attribute's class: there its arguments are taken
 * as they stand, for a protection that is silently left out would be none.
 *
 * @internal
 */
final class GrantedAttributes
{
    /**
     * @param \ReflectionClass<object>|\ReflectionMethod $reflection
     *
     * @return list<array{attribute: mixed, subject: mixed, message: ?string}>
     */
    public static function of(\ReflectionClass|\ReflectionMethod $reflection): array
    {
        $found = [];

        foreach ($reflection->getAttributes() as $attribute) {
            if (IsGranted::class !== $attribute->getName() && !is_a($attribute->getName(), IsGranted::class, true)) {
                continue;
            }

            if (class_exists($attribute->getName())) {
                $granted = $attribute->newInstance();
                \assert($granted instanceof IsGranted);
                $found[] = ['attribute' => $granted->attribute, 'subject' => $granted->subject, 'message' => $granted->message];
            } else {
                $arguments = $attribute->getArguments();
                $found[] = [
                    'attribute' => $arguments['attribute'] ?? $arguments[0] ?? null,
                    'subject' => $arguments['subject'] ?? $arguments[1] ?? null,
                    'message' => $arguments['message'] ?? $arguments[2] ?? null,
                ];
            }
        }

        return $found;
    }
}
