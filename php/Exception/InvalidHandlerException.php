<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * A handler class that cannot be served: the message names the class, the method or argument, and what to do.
 */
final class InvalidHandlerException extends \LogicException implements ExceptionInterface
{
}
