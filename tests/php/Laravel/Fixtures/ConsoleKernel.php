<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Foundation\Bootstrap\HandleExceptions;
use Illuminate\Foundation\Console\Kernel;

/**
 * Leaves PHP's error handlers to PHPUnit.
 */
final class ConsoleKernel extends Kernel
{
    protected function bootstrappers(): array
    {
        return array_values(array_diff(parent::bootstrappers(), [HandleExceptions::class]));
    }
}
