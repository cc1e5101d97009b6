<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * Nothing was sent: the API cannot be reached.
 */
final class ConnectException extends TransportException
{
}
