<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The answer is not the JSON that was asked for.
 */
final class DecodingException extends ApiException
{
}
