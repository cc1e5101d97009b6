<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The API did not answer in time.
 */
final class TimeoutException extends TransportException
{
}
