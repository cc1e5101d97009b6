<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * There is no answer. Whether the request was acted upon is not known, unless it is a ConnectException.
 */
class TransportException extends ApiException
{
}
