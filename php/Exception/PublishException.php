<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * Something was not published. Nothing of it was delivered, unless the message says that some was, or that
 * this is not known.
 */
class PublishException extends \RuntimeException implements ExceptionInterface
{
}
