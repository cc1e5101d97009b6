<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * A token that does not verify.
 *
 * ext-ferry declares the same class; this file is read only where the extension is missing.
 */
class AuthenticationException extends RuntimeException
{
}
