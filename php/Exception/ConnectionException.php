<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * A connection could not be made, or it is gone.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class ConnectionException extends RuntimeException
{
}
