<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * Everything Ferry throws implements this.
 *
 * ext-ferry declares the same interface; this file is read only where the extension is missing.
 */
interface ExceptionInterface extends \Throwable
{
}
