<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * This argument is one field of the message's data. A missing field or one of another type is answered with an error
 * frame, unless the argument has a default.
 *
 *     #[OnMessage('say')]
 *     public function say(#[MapField] string $text): void
 */
#[\Attribute(\Attribute::TARGET_PARAMETER)]
final class MapField
{
    /** @param ?string $name of the field; null: that of the argument */
    public function __construct(public readonly ?string $name = null)
    {
    }
}
