<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * Called once per connection, last. `int $code` and `string $reason` are those of the close frame.
 */
#[\Attribute(\Attribute::TARGET_METHOD)]
final class OnClose
{
}
