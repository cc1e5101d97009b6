<?php

declare(strict_types=1);

namespace Ferry\Install;

/**
 * The extension could not be installed. The message says what to do.
 *
 * @internal
 */
final class InstallException extends \RuntimeException
{
}
