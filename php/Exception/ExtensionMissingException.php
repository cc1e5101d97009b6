<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * Something needs ext-ferry, and this PHP has not loaded it. The message says how to load it.
 */
final class ExtensionMissingException extends \RuntimeException implements ExceptionInterface
{
}
