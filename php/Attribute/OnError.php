<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * Called with what another method of the handler has thrown, as `\Throwable $error`. Without it the failure is logged and the
 * client gets an error frame "internal_error".
 */
#[\Attribute(\Attribute::TARGET_METHOD)]
final class OnError
{
}
