<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * The answer of the other server was not complete in time.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class HttpTimeoutException extends HttpException
{
}
