<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

/**
 * The API redirects to where the client's credentials do not belong, or again and again. Nothing was sent there.
 */
final class RedirectRefusedException extends ApiException
{
}
