<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * Called when a connection has opened, before its first message. What the method returns is sent.
 */
#[\Attribute(\Attribute::TARGET_METHOD)]
final class OnOpen
{
}
