<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The answer has more bytes than max_body_bytes allows; it was not read to its end.
 */
final class ResponseTooLargeException extends TransportException
{
}
