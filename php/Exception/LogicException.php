<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * A call at the wrong moment.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class LogicException extends \LogicException implements ExceptionInterface
{
}
