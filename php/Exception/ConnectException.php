<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * No connection to the other server: nothing was sent.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class ConnectException extends HttpException
{
}
