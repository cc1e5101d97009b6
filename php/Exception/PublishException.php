<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * Something was not published. Nothing of it was delivered, unless the message says that this is not known.
 */
class PublishException extends \RuntimeException implements ExceptionInterface
{
}
