<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The API failed: a status from 500 to 599.
 */
final class ServerException extends HttpException
{
}
