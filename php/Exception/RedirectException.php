<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * Too many redirects, or one that leads where no request can go.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class RedirectException extends HttpException
{
}
