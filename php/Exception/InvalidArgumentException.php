<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * An argument or option that is not allowed; the message names it, its value and what is allowed.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class InvalidArgumentException extends \InvalidArgumentException implements ExceptionInterface
{
}
