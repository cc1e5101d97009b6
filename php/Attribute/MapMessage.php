<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * This argument is made from the message's data and validated. An invalid message is answered with an error frame.
 *
 * Needed only to set a context or groups, and where a class could be taken for a service.
 */
#[\Attribute(\Attribute::TARGET_PARAMETER)]
final class MapMessage
{
    /**
     * @param array<string, mixed>  $context of the deserialisation
     * @param list<string>|null     $groups  of the validation; null: the default group
     */
    public function __construct(
        public readonly array $context = [],
        public readonly ?array $groups = null,
    ) {
    }
}
