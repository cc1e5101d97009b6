<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * A request to another server has no answer. It may have been acted on.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class HttpException extends RuntimeException
{
}
