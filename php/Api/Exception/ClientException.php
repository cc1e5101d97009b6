<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The API refused the request: a status from 400 to 499.
 */
final class ClientException extends HttpException
{
}
