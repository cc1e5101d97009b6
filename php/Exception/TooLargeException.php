<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * The answer of the other server is larger than allowed.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class TooLargeException extends HttpException
{
}
