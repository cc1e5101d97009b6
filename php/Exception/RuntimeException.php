<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * Something outside the program failed.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class RuntimeException extends \RuntimeException implements ExceptionInterface
{
}
