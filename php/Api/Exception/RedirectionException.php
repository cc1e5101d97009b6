<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The API answered with a redirection that was not followed.
 */
final class RedirectionException extends HttpException
{
}
