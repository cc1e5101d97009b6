<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

use Ferry\Exception\ExceptionInterface;

/**
 * A request to the application's API did not do what it was meant to. Messages name no token, no cookie and no query.
 */
class ApiException extends \RuntimeException implements ExceptionInterface
{
}
